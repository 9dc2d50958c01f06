// What is long on a desk and has to be found on a phone, with scripts and without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings, start, stop, views, visitor, world } from "./kit.js";

before(start);
after(stop);

const tall = (page) => page.evaluate(() => document.documentElement.scrollHeight);

test("the API on a phone opens by its parts, and a link to an operation opens it", async () => {
  const page = await visitor({ ...views[0], javaScriptEnabled: false });
  await page.goto("/api");
  const shown = page.locator("article").filter({ visible: true });
  const examples = page.locator("article pre").filter({ visible: true });
  assert.equal(await shown.count(), 0, "all parts are closed");
  const { height } = await page.locator("body").boundingBox();
  assert.ok(height < 4000, `${height} px`);
  await page.locator("summary", { hasText: "operations: Meals" }).click();
  const meals = await page.locator("#Meals article").count();
  assert.equal(await shown.count(), meals);
  assert.equal(await examples.count(), 0);
  await shown.last().getByText("Fields and an example").click();
  assert.equal(await examples.count(), 1);
  await page.getByRole("navigation").getByRole("link", { name: "Shopping" }).click();
  assert.equal(await page.locator("#Shopping article").first().isVisible(), true, "a link to a part opens it");
  const id = await page.locator("#Weeks article").last().getAttribute("id");
  await page.goto("/api"); // otherwise it is the page that is there
  await page.goto(`/api#${id}`);
  assert.equal(await examples.count(), 1);
  assert.ok(await page.locator(`#${id} pre`).isVisible());
  assert.ok((await page.locator(`#${id}`).boundingBox()).y < 40, "it is where the reader is");
  await page.setViewportSize({ width: 1280, height: 900 });
  assert.equal(await examples.count(), await page.locator("article").count(), "on a desk all is shown");
  assert.equal(await page.locator("summary").filter({ visible: true }).count(), 0);
  await page.context().close();
});

test("the plan behind a mail's link: each day and the list in one tap, today marked", async () => {
  const page = await visitor({ ...views[0], javaScriptEnabled: false });
  await page.goto(world.running);
  const { height } = await page.locator("body").boundingBox();
  assert.ok(height < 4000, `${height} px`);
  const bar = page.getByRole("navigation", { name: "On this page" });
  assert.equal(await bar.locator("[aria-current=date]").innerText(), "Tue\n24");
  for (const day of ["Sun", "Tue", "Sat"]) {
    await bar.getByRole("link", { name: new RegExp(`^${day}`) }).click();
    const under = await bar.boundingBox();
    const head = await page.getByRole("rowheader", { name: new RegExp(`^${day}`) }).boundingBox();
    assert.ok(head.y >= under.y + under.height - 1 && head.y < 740, `${day} is at ${head.y}, under ${under.y + under.height}`);
  }
  await bar.getByRole("link", { name: "Shopping" }).click();
  const items = page.locator("h2#shopping ~ div li").filter({ visible: true });
  assert.equal(await items.count(), 0, "the list is folded");
  await page.locator("summary").filter({ hasText: /^\d+ items$/ }).click();
  assert.ok((await items.count()) > 10);
  await page.reload();
  await page.emulateMedia({ media: "print" }); // on paper as narrow
  assert.ok((await items.count()) > 10, "what is folded is printed");
  assert.equal(await bar.isVisible(), false);
  await page.context().close();
});

test("names of dishes lead to them: from the list, from what would change, from what was changed", async () => {
  const page = await visitor(views[0], world.phone.pop());
  const path = `/week/${world.week}`;
  await page.goto(`/shopping/${world.week}`);
  await page.locator("details.item summary").first().click();
  const use = page.locator("details.item[open] a").first();
  const dish = await use.innerText();
  await use.click();
  await page.getByRole("heading", { level: 1, name: dish }).waitFor();
  await page.goto(`${path}/preview?command=ADJUST+${world.days[3]}+dinner`);
  const names = page.locator("table.changes a");
  assert.ok((await names.count()) >= 2);
  const then = await names.last().innerText();
  await names.last().click();
  await page.getByRole("heading", { level: 1, name: then }).waitFor();
  await page.goto(`/meal/${world.days[3]}/dinner/others`);
  await page.getByRole("button", { name: /^Choose this/ }).first().click();
  await page.getByRole("link", { name: "Changes" }).click();
  await page.locator("li.card a").first().click();
  await page.getByText("kcal a serving").first().waitFor();
  await page.goto(`${path}/history`);
  await page.getByRole("button", { name: "Take the last change back" }).click();
  await page.getByRole("status").waitFor();
  await page.goto(world.shared); // whose readers see no meals
  await page.locator("details.item summary").first().click();
  assert.equal(await page.locator("details.item[open] a").count(), 0);
  await page.context().close();
});

test("what is at home stands where the list's foods stand, without a place for ticks", async () => {
  for (const width of [320, 390, 1280]) {
    const page = await visitor({ ...views[0], viewport: { width, height: 844 } }, world.phone.pop());
    await page.goto(`/shopping/${world.week}`);
    const sent = (button) => Promise.all([page.waitForResponse((r) => r.request().method() === "POST"), button.click()]);
    const arrived = sent(page.getByRole("button", { name: /^Have it/ }).first());
    await page.locator("[data-home] li").first().waitFor();
    const places = () => page.evaluate(() => {
      const [item, what, button] = ["li", "li :is(.buy, .what)", "li [data-label]"].map((e) => document.querySelector(`[data-home] ${e}`)).map((e) => (e.closest("button") ?? e).getBoundingClientRect());
      return { before: what.x - item.x, behind: item.right - button.right };
    });
    for (const how of ["moved", "loaded"]) {
      if (how === "loaded") {
        await arrived;
        await page.reload();
      }
      const { before, behind } = await places();
      assert.ok(before < 2 && behind < 2, `${how}, ${width} px: ${before} px are empty before it, ${behind} behind`);
    }
    assert.deepEqual(await findings(page), []);
    await sent(page.locator("[data-home]").getByRole("button", { name: /^Buy it/ }));
    await page.waitForFunction(() => !document.querySelector("[data-home] li:not([hidden])"));
    await page.context().close();
  }
});

test("an operator reads every table on a phone", async () => {
  const page = await visitor(views[0], world.phone.pop());
  await page.goto("/operations");
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 844 });
    const hidden = await page.locator("table.cards td").evaluateAll((cells) => cells.filter((c) => c.textContent.trim() && (c.getBoundingClientRect().right > innerWidth || !c.checkVisibility())).length);
    assert.equal(hidden, 0, `${hidden} cells are out of sight at ${width} px`);
    const label = await page.locator("#mails td").nth(3).evaluate((c) => getComputedStyle(c, "::before").content);
    assert.match(label, /Attempts/);
  }
  await page.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "Jobs", exact: true }).click();
  assert.ok((await page.getByRole("heading", { name: "Jobs", exact: true }).boundingBox()).y < 200);
  assert.ok((await tall(page)) < 8000);
  await page.context().close();
});

test("a double click without scripts is one: it signs in, adds one item, removes it", async () => {
  const page = await visitor({ ...views[0], javaScriptEnabled: false });
  await page.goto(world.phone.pop());
  await page.getByRole("button", { name: /^Sign in/ }).dblclick();
  await page.getByText(/of 7 days on target/).waitFor();
  await page.goto(`/shopping/${world.week}`);
  await page.getByLabel("Add an item").fill("two candles");
  await page.getByRole("button", { name: "Add", exact: true }).dblclick();
  const mine = page.locator("li").filter({ hasText: "two candles" });
  await mine.first().waitFor();
  assert.equal(await mine.count(), 1);
  await mine.getByRole("button", { name: /^Remove/ }).dblclick();
  await page.getByRole("heading", { name: "Shopping list" }).waitFor();
  assert.equal(await mine.count(), 0);
  assert.equal(await page.getByRole("alert").count(), 0);
  await page.context().close();
});
