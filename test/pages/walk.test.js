// The ways of people through the pages. Each test has browsers of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings, markup, moving, start, stop, views, visitor, world } from "./kit.js";

before(start);
after(stop);

const friday = world.days[4];
const pages = [
  "/week", `/week/${world.week}/history`, `/week/${world.week}/wishes`, `/week/${world.week}/preview?command=REGENERATE+WEEK`, "/week/2020-01-06", `/week/${world.today}`, `/week/${world.today}/plan`,
  `/meal/${friday}/dinner`, `/meal/${friday}/dinner/others`, `/meal/${friday}/dinner/others?q=soup`, "/library?q=soup", `/recipe/${world.recipe}`, `/recipe/${world.recipe}?on=${friday}+dinner`, `/meal/${friday}/dinner/cook/1`, `/cooking/${world.week}`, "/shopping", "/shopping/2030-03-04", "/trends", "/library", "/settings", "/account", "/account/tokens", "/operations", `/operations/trace/${world.trace}`, "/status", "/api", "/nowhere",
];

test("every page, on a phone and a desk, light and dark", async (t) => {
  for (const view of views) {
    const page = await visitor(view, world.links.pop());
    for (const path of pages) {
      await t.test(`${path}, ${view.name}`, async () => {
        const answer = await page.goto(path);
        assert.deepEqual(await findings(page), []);
        assert.deepEqual(await markup(await answer.text()), []);
      });
    }
    await page.context().close();
  }
});

test("the pages before signing in", async () => {
  for (const view of views) {
    const page = await visitor(view);
    for (const path of ["/sign-in", "/sign-in/x", "/invitation/x", "/setup", "/status", world.shared, ...world.mailed]) {
      const answer = await page.goto(path);
      assert.deepEqual(await findings(page), [], `${path}, ${view.name}`);
      assert.deepEqual(await markup(await answer.text()), [], path);
    }
    await page.context().close();
  }
});

test("what leads nowhere says what to do", async () => {
  const guest = await visitor(views[0]);
  for (const path of ["/list/x", "/invitation/x", "/do/x", "/plan/x"]) {
    const answer = await guest.goto(path);
    await guest.getByRole("heading", { name: "This link does not work" }).waitFor();
    assert.match(await guest.locator("body").innerText(), /ask whoever sent it for another\.\n/, path);
    assert.equal(await guest.getByRole("link", { name: /^(Sign in|To your week)$/ }).count(), 1, path);
    assert.deepEqual(await findings(guest), [], path);
    assert.deepEqual(await markup(await answer.text()), [], path);
  }
  await guest.context().close();
  const page = await visitor(views[0], world.links.pop());
  for (const path of ["/meal/2030-03-07/dinner", "/cooking/2030-03-04"]) {
    await page.goto(path);
    await page.getByText("Nothing is planned for the week of 4 March 2030.").waitFor();
    await page.getByRole("link", { name: "To the week" }).click();
    await page.getByRole("heading", { name: "Week of 4 March 2030" }).waitFor();
  }
  await page.goto("/shopping/2030-03-04");
  await page.getByText("The week of 4 March 2030 is not planned").waitFor();
  await page.getByRole("link", { name: "Following" }).click();
  await page.getByText("The week of 11 March 2030 is not planned").waitFor();
  await page.context().close();
});

test("from an invitation to ticked groceries", async () => {
  const page = await visitor(views[0]);
  const good = async (step) => assert.deepEqual(await findings(page), [], step);
  await page.goto(world.invitation);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByText("Step 1 of 5", { exact: true }).waitFor();
  await good("library");
  await page.getByLabel("Address of your Tandoor").fill(world.tandoor);
  await page.getByLabel("Token").fill("tda_wrong");
  await page.getByRole("button", { name: "Test and go on" }).click();
  await page.getByRole("alert").waitFor();
  await good("a token that is refused");
  await page.getByLabel("Token").fill(world.token);
  await page.getByRole("button", { name: "Test and go on" }).click();
  await page.getByLabel("Adults who eat").waitFor();
  await page.getByText("Step 2 of 5", { exact: true }).waitFor();
  assert.notEqual(await page.getByLabel("Time zone").inputValue(), "", "the browser's zone");
  await page.getByLabel("Name").fill("Bo");
  await page.getByLabel("Adults who eat").fill("2");
  await page.getByLabel("Children").fill("1");
  await good("eaters");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Weight, kg").fill("70");
  await page.getByLabel("Height, cm").fill("175");
  await page.getByLabel("Age").fill("40");
  await good("targets");
  await page.getByRole("button", { name: "Work it out" }).click();
  await page.getByText("At rest").waitFor();
  await good("the arithmetic");
  await page.getByRole("link", { name: "Next" }).click();
  await page.getByRole("checkbox", { name: "nuts", exact: true }).check();
  await good("foods");
  await page.getByRole("button", { name: "Next" }).click();
  await good("when");
  await page.getByRole("button", { name: "Plan my first week" }).click();
  await page.waitForURL(/\/week\/\d/);
  await good("the first week");
  await page.getByRole("link", { name: "Shopping", exact: true }).click();
  const ticks = page.locator("button.check");
  await ticks.nth(0).click();
  await ticks.nth(1).click();
  await page.waitForFunction(() => document.querySelectorAll("li.done").length === 2);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll("li.done").length === 2); // ticks last; one may be on its way

  await page.goto("/library"); // of which Bo says how it is read
  await page.getByRole("heading", { name: "Which recipes are for which meal" }).click();
  await page.getByLabel("Keyword").first().fill("Zorp");
  await page.getByLabel("is for").first().selectOption("lunch dinner");
  await page.getByLabel(/^Supermarket/).fill("Corner shop");
  await page.locator("#reading").getByRole("button", { name: "Save" }).click();
  await page.getByText(/^Unknown keyword of your recipes/).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "keyword-0");
  assert.equal(await page.getByLabel(/^Supermarket/).inputValue(), "Corner shop");
  assert.deepEqual(await findings(page), []);

  await page.goto("/week"); // the next one: of the running one what is left is planned, too
  await page.getByRole("button", { name: "Plan the rest of it" }).click();
  await page.getByRole("heading", { name: "The rest of this week" }).waitFor();
  await good("what would be planned");
  await page.getByRole("button", { name: "Plan it so" }).click();
  await page.getByRole("status").filter({ hasText: "The week is planned." }).waitFor();
  await good("a week that began with its second day");
  assert.ok(await page.getByRole("region", { name: "Monday" }).getByText("over when the week was planned").first().isHidden(), "what is over folds");
  await page.locator(".day.today .change").last().getByText("Change").click();
  await page.locator(".day.today").getByRole("link", { name: /^Skip ?: / }).last().click();
  await page.getByText("The target is that of").first().waitFor();
  await page.getByRole("button", { name: "Make this change" }).click();
  const empty = page.locator(".day.today .dish").last();
  await empty.getByText("skipped", { exact: true }).waitFor();
  await good("a meal that is skipped");
  await page.goto(`/meal/${new Date(Date.parse(world.today) + 86400000).toISOString().slice(0, 10)}/dinner`);
  await page.getByText("Skipped.").waitFor();
  await good("its page");
  await page.getByRole("link", { name: "Plan it again" }).click();
  await page.getByRole("button", { name: "Make this change" }).waitFor();
  await page.context().close();
});

test("another dish, after seeing what it does", async () => {
  const page = await visitor(views[2], world.links.pop());
  await page.goto("/week");
  const dinner = page.getByRole("region", { name: "Saturday" }).locator(".dish").nth(2);
  const was = await dinner.locator("a").first().textContent();
  await dinner.getByText("Change").click();
  await dinner.getByRole("link", { name: /^Surprise me/ }).click();
  await page.getByRole("heading", { name: "What would change" }).waitFor();
  await page.goBack();
  assert.equal(await dinner.locator("a").first().textContent(), was, "a preview changes nothing");
  await page.goForward();
  await page.getByRole("button", { name: "Make this change" }).click();
  await page.getByRole("status").waitFor();
  assert.notEqual(await dinner.locator("a").first().textContent(), was);
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByRole("button", { name: "Take the last change back" }).click();
  await page.getByRole("status").waitFor();
  assert.equal(await dinner.locator("a").first().textContent(), was, "taken back");
  await page.context().close();
});

test("two browsers on one list, one of them without a connection", async () => {
  const home = await visitor(views[2], world.links.pop());
  const shop = await visitor(views[0], world.links.pop());
  const path = `/shopping/${world.week}`;
  for (const p of [home, shop]) await p.goto(path);
  await shop.evaluate(() => navigator.serviceWorker.ready);
  await shop.waitForFunction(async () => (await caches.match(location.pathname)) !== undefined);
  const done = (p) => p.locator("li.done").count();
  const before = await done(home);
  await home.locator("li:not(.done) button.check").first().click();
  await shop.waitForFunction((n) => document.querySelectorAll("li.done").length === n, before + 1);
  shop.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await shop.context().setOffline(true);
  await shop.locator("li:not(.done) button.check").first().click();
  await shop.getByText("No connection").waitFor();
  await shop.reload();
  assert.ok(await shop.getByRole("heading", { name: "Shopping list" }).isVisible(), "the list is kept");
  await home.locator("li:not(.done) button.check").last().click();
  await shop.context().setOffline(false);
  for (const p of [home, shop]) await p.waitForFunction((n) => document.querySelectorAll("li.done").length === n, before + 3, { timeout: 30000 });
  for (const p of [home, shop]) await p.context().close();
});

test("what is at home leaves the list, on both devices, with and without a connection", async () => {
  const home = await visitor(views[2], world.links.pop());
  const shop = await visitor(views[0], world.links.pop());
  const guest = await visitor(views[0]);
  for (const p of [home, shop]) await p.goto(`/shopping/${world.week}`);
  await guest.goto(world.shared);
  await home.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await home.getByRole("button", { name: "Copy the address" }).click();
  await home.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await home.evaluate(() => navigator.clipboard.readText()), await home.getByLabel(/^Anybody with this address/).inputValue());
  const cards = (p) => p.locator("[data-home] li:not([hidden])");
  const item = home.locator("li", { has: home.getByRole("button", { name: /^Have it/ }) }).first();
  const name = (await item.locator("button.check").getAttribute("aria-label")).split(",")[0];
  await item.getByRole("button", { name: /^Have it/ }).click();
  for (const p of [home, shop, guest]) await cards(p).filter({ hasText: name }).waitFor();
  assert.equal(await guest.getByRole("button", { name: /^(Have|Buy) it/ }).count(), 0, "who shares the list can tick, and nothing else");
  for (const p of [home, shop, guest]) assert.deepEqual(await findings(p), []);
  await shop.getByRole("button", { name: new RegExp(`^Buy it ?: ${name}$`) }).click();
  await home.getByRole("button", { name: new RegExp(`^Have it ?: ${name}$`) }).waitFor();

  shop.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await shop.getByRole("button", { name: new RegExp(`^Have it ?: ${name}$`) }).waitFor();
  await shop.context().setOffline(true);
  await shop.getByRole("button", { name: new RegExp(`^Have it ?: ${name}$`) }).click();
  await shop.getByText("No connection").waitFor();
  assert.equal(await cards(shop).filter({ hasText: name }).count(), 1, "it moves at once");
  await shop.getByRole("button", { name: new RegExp(`^Buy it ?: ${name}$`) }).click();
  assert.equal(await cards(shop).count(), 0, "and back");
  await shop.getByRole("button", { name: new RegExp(`^Have it ?: ${name}$`) }).click();
  await shop.context().setOffline(false);
  await cards(home).filter({ hasText: name }).waitFor({ timeout: 30000 });

  const other = home.locator("li", { has: home.getByRole("button", { name: /^Have it/ }) }).first();
  const staple = (await other.locator("button.check").getAttribute("aria-label")).split(",")[0];
  await other.locator("summary").click();
  await other.getByRole("button", { name: "Always at home" }).click();
  await home.getByRole("status").filter({ hasText: "is always at home" }).waitFor();
  assert.ok(await home.locator("section", { has: home.getByRole("heading", { name: "Check your pantry" }) }).locator("li").filter({ hasText: staple }).isVisible());
  await home.goto("/settings#staples"); // which opens it
  await home.getByLabel("A food, or several separated by commas").fill("flower");
  await home.locator("details", { has: home.getByLabel("A food, or several separated by commas") }).getByRole("button", { name: "Add" }).click();
  await home.getByRole("alert").filter({ hasText: "did you mean" }).waitFor();
  assert.equal(await home.evaluate(() => document.activeElement.id), "staple", "the field that was refused has the focus");
  assert.deepEqual(await findings(home), []);
  await home.getByRole("button", { name: new RegExp(`^Remove ${staple}$`) }).click();
  await home.getByRole("status").filter({ hasText: "Stored." }).waitFor();
  await shop.getByRole("button", { name: new RegExp(`^Have it ?: ${staple}$`) }).waitFor(); // without a reload
  await home.goto(`/shopping/${world.week}`);
  assert.equal(await home.getByRole("button", { name: "Send it to Tandoor" }).count(), 0, "the library takes no list");
  await home.getByText("once whoever runs this service turns that on").waitFor();
  await home.getByRole("button", { name: new RegExp(`^Buy it ?: ${name}$`) }).click();
  for (const p of [home, shop, guest]) await p.context().close();
});

test("on a phone the week's days stay at the top, and cover nothing that has the focus", async () => {
  const page = await visitor(views[0], world.links.pop());
  await page.goto(`/week/${world.week}`);
  const bar = page.getByRole("navigation", { name: /^Days of the week/ });
  await bar.getByRole("link", { name: /^Fri/ }).click();
  const bottom = async () => { const b = await bar.boundingBox(); return b.y + b.height; };
  assert.ok((await page.getByRole("region", { name: "Friday" }).boundingBox()).y >= (await bottom()) - 1, "the day is not covered");
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Shift+Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body || e.closest("nav, .skip")) return null;
      const { top, bottom } = e.getBoundingClientRect();
      const over = document.querySelector(".weekbar").getBoundingClientRect();
      return { covered: top < over.bottom - 1 && bottom > over.top + 1, name: e.textContent };
    });
    assert.ok(!at?.covered, `${at?.name} has the focus and is covered`);
  }
  await bar.getByRole("link", { name: /^Following/ }).click();
  await page.waitForURL((url) => url.pathname > `/week/${world.week}`);
  await page.context().close();
});

test("a week is short on a phone, and whole on a desk", async () => {
  const page = await visitor({ ...views[0], viewport: { width: 390, height: 844 }, javaScriptEnabled: false }, world.links.pop());
  await page.goto(`/week/${world.week}`);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  assert.ok(height <= 2700, `seven open days are ${height} px tall`);
  const friday = page.getByRole("region", { name: "Friday" });
  assert.equal(await friday.getByText("Protein", { exact: true }).isVisible(), false);
  await friday.getByText(/kcal: protein/).click();
  assert.ok(await friday.getByText("Protein", { exact: true }).isVisible() && await friday.getByRole("link", { name: "Replan the day" }).isVisible());
  await friday.locator(".change summary").nth(2).click();
  assert.ok(await friday.getByRole("link", { name: /^Skip ?: Friday dinner/ }).isVisible());
  const over = await visitor({ ...views[0], javaScriptEnabled: false }, world.diary.pop());
  await over.goto(`/week/${world.today}`);
  const monday = over.getByRole("region", { name: "Monday" });
  assert.equal(await monday.locator(".title a").first().isVisible(), false, "a day that is over folds");
  await monday.getByText("Show the meals").click();
  assert.ok(await monday.locator(".title a").first().isVisible());
  for (const p of [page, over]) {
    await p.setViewportSize({ width: 1440, height: 900 });
    await p.reload();
    assert.ok(await p.getByRole("region", { name: "Monday" }).getByText("Protein", { exact: true }).isVisible());
    assert.equal(await p.locator(".phone >> visible=true").count(), 0);
    await p.context().close();
  }
});

test("a dish of one's own choice, from the library and in a meal's place, without scripts and by the keyboard", async () => {
  const page = await visitor({ ...views[0], viewport: { width: 390, height: 844 }, javaScriptEnabled: false }, world.links.pop());
  const good = async (step) => {
    assert.deepEqual(await markup(await (await page.goto(page.url())).text()), [], step);
  };
  await page.goto("/library");
  await page.getByRole("searchbox", { name: "Name" }).fill("soup");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=soup/);
  const found = page.locator("#recipes li").first();
  const name = await found.locator("b").textContent();
  await found.getByRole("link", { name, exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await good("the recipe");
  const meals = page.getByLabel("Day and meal, with what is planned now");
  await meals.focus();
  await meals.selectOption(`${world.days[5]} lunch`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What would change" }).waitFor();
  await page.getByText(`Saturday lunch is ${name} now.`).waitFor();
  await page.getByText(/changes? of the shopping list/).waitFor();
  await page.getByRole("button", { name: "Make this change" }).press("Enter");
  await page.getByRole("status").filter({ hasText: name }).waitFor();
  const lunch = page.getByRole("region", { name: "Saturday" }).locator(".dish").nth(1);
  assert.equal(await lunch.locator("a").first().textContent(), name);
  await page.getByRole("link", { name: "Replan the week" }).click();
  await page.getByRole("button", { name: "Make this change" }).click();
  assert.equal(await lunch.locator("a").first().textContent(), name, "it stays");

  await page.goto(`/meal/${world.days[5]}/lunch/others`);
  await page.getByRole("searchbox", { name: "Name" }).fill("chicken");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=chicken/);
  const other = page.locator("#recipes li").filter({ has: page.getByRole("link", { name: /^Show what would change/ }) }).first();
  const instead = await other.locator("b").textContent();
  await other.getByRole("link", { name: /^Show what would change/ }).click();
  await page.getByRole("button", { name: "Make this change" }).click();
  assert.equal(await lunch.locator("a").first().textContent(), instead);
  await page.context().close();
});

test("with the keyboard alone", async () => {
  const page = await visitor(views[2], world.links.pop());
  await page.goto("/week");
  const press = async (key, until) => {
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press(key);
      if (await page.evaluate((text) => (document.activeElement.textContent ?? "").includes(text), until)) return;
    }
    assert.fail(`${key} never reaches ${until}`);
  };
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "To the content");
  await press("Tab", "Change Sunday dinner");
  await page.keyboard.press("Enter");
  await press("Tab", "Lock: Sunday dinner");
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "stays" }).waitFor();
  await page.context().close();
});

test("without scripts everything is read and changed by plain forms", async () => {
  const page = await visitor({ ...views[0], javaScriptEnabled: false }, world.links.pop());
  await page.goto(`/shopping/${world.week}`);
  assert.ok(await page.getByLabel(/^Anybody with this address/).isVisible());
  assert.equal(await page.getByRole("button", { name: /^(Copy|Share)/ }).count(), 0, "buttons that need scripts");
  const before = await page.locator("li.done").count();
  await page.locator("li:not(.done) button.check").first().click();
  assert.equal(await page.locator("li.done").count(), before + 1);
  await page.getByLabel("Add an item").fill("beer");
  await page.getByRole("button", { name: "Add" }).click();
  assert.ok(await page.getByText("beer").first().isVisible());
  await page.goto("/settings");
  await page.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "What is cooked" }).click();
  await page.getByLabel("Days until a dish returns").fill("21");
  await page.locator("form", { has: page.getByLabel("Days until a dish returns") }).getByRole("button", { name: "Save" }).click();
  assert.ok(await page.getByText("Stored.").isVisible());
  const rules = page.locator("details.fold", { has: page.getByRole("heading", { name: "Rules for the week" }) });
  await page.getByRole("heading", { name: "Rules for the week" }).click();
  await rules.getByText("Add a rule: What is eaten how often").click();
  await rules.getByLabel("Food group or keyword").first().selectOption("fish");
  await rules.getByLabel("At least", { exact: true }).first().fill("often");
  await rules.getByRole("button", { name: "Save" }).click();
  assert.ok(await rules.getByText("Write a whole number from 0 to 21.").isVisible());
  assert.equal(await rules.getByLabel("At least", { exact: true }).first().inputValue(), "often");
  assert.equal(await rules.locator("[aria-invalid]").count(), 1);
  await rules.getByLabel("At least", { exact: true }).first().fill("1");
  await rules.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Rules for the week" }).click();
  await rules.getByLabel("Remove this rule").check();
  await rules.getByRole("button", { name: "Save" }).click();
  assert.equal(await rules.getByLabel("Remove this rule").count(), 0);
  await page.goto(`/week/${world.week}/wishes`);
  await page.getByText("No wishes for the days to come.").waitFor();
  await page.locator("summary", { hasText: "Sunday" }).click();
  await page.getByLabel("Guests Sunday dinner").fill("2");
  await page.getByRole("button", { name: "Show what would change" }).click();
  await page.getByRole("button", { name: "Make this change" }).click();
  assert.ok(await page.getByText("Sunday dinner has 2 guests.").isVisible());
  await page.goto(`/week/${world.week}/wishes`);
  assert.ok(await page.getByText("Wishes for 1 day.").isVisible());
  assert.ok(await page.getByLabel("Guests Sunday dinner").isVisible(), "a day with wishes is open");
  assert.equal(await page.getByLabel("Guests Saturday dinner").isVisible(), false);
  await page.context().close();
});

test("trends, and how much was eaten: what was planned beside it, as charts and as tables", async () => {
  for (const view of [views[0], views[1], views[2]]) {
    const page = await visitor(view, world.diary.pop());
    await page.goto("/account");
    await page.getByRole("link", { name: "Trends" }).click();
    await page.getByRole("heading", { name: "Trends" }).waitFor();
    for (const span of ["4 weeks", "12 weeks"]) {
      await page.getByRole("link", { name: span }).click();
      await page.locator(`a[aria-current=page]:has-text("${span}")`).waitFor();
      assert.equal(await page.getByRole("img").count(), 5, "a chart of the days on target, of energy and of each macro");
      for (const more of await page.getByText("Day by day").all()) await more.click();
      const planned = await page.getByRole("region", { name: "Protein by day, as a table" }).locator("tbody tr").count();
      assert.ok(planned >= 28, `${planned} days are in the table`);
      assert.deepEqual(await findings(page), [], `${span}, ${view.name}`);
      assert.deepEqual(await markup(await (await page.goto(page.url())).text()), [], span);
    }
    await page.goto(`/meal/${world.today}/breakfast`);
    await page.getByRole("button", { name: /^½/ }).click();
    await page.getByRole("status").filter({ hasText: "0.5 of the planned portion" }).waitFor();
    await page.getByLabel(/Another part/).fill("0,75");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").filter({ hasText: "0.75 of the planned portion" }).waitFor();
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(await markup(await (await page.goto(page.url())).text()), []);
    await page.getByRole("button", { name: "Not eaten after all" }).click();
    await page.getByRole("status").filter({ hasText: "not eaten after all" }).waitFor();
    await page.goto("/trends");
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.getByRole("region", { name: "Fat by day, as a table" }).isVisible(), "the tables are printed");
    await page.goto(`/week/${world.today}`);
    const notes = await page.locator(".notes .note").all();
    assert.ok(notes.length > 0, "the week has notes");
    for (const note of notes) assert.ok(await note.isVisible(), "folded notes are printed");
    await page.context().close();
  }
});

test("the first page is small and does not move", async (t) => {
  const page = await visitor(views[0], world.links.pop());
  await page.goto("about:blank"); // what the page of the sign-in still loads is not counted
  const client = await page.context().newCDPSession(page);
  let bytes = 0;
  await client.send("Network.enable");
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  client.on("Network.loadingFinished", (e) => { bytes += e.encodedDataLength; });
  await page.goto("/week", { waitUntil: "networkidle" });
  const { shift, ready } = await page.evaluate(() => new Promise((done) => {
    let shift = 0;
    new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; }).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => setTimeout(() => done({ shift, ready: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd }), 0));
  }));
  t.diagnostic(`${bytes} bytes over the wire, layout shift ${shift}, interactive after ${Math.round(ready)} ms with the CPU slowed 4 times`);
  const seen = await page.evaluate(() => [...document.images].filter((i) => i.complete && i.naturalWidth > 0).length);
  assert.ok(seen > 0, "no picture is seen");
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
  assert.equal(shift, 0);
  await page.context().close();
});

test("what has arrived of a page stays where it is", async (t) => {
  for (const view of [views[0], views[2]]) {
    const page = await visitor(view, world.links.pop());
    for (const [path, pieces] of [["/week", 40], [`/meal/${friday}/dinner`, 15], ["/shopping", 15], ["/library", 15], ["/trends", 15], ["/settings", 15]]) {
      await t.test(`${path}, ${view.name}`, async () => assert.deepEqual(await moving(page, path, pieces), []));
    }
    await page.context().close();
  }
});

test("pictures for the documentation", { skip: !process.env.PAGES_PICTURES }, async () => {
  const into = process.env.PAGES_PICTURES;
  const desk = await visitor({ ...views[2], viewport: { width: 1280, height: 900 } }, world.links.pop());
  const phone = await visitor({ ...views[0], viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }, world.links.pop());
  const diary = await visitor({ ...views[0], viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }, world.diary.pop());
  for (const [page, path, file] of [
    [diary, "/trends?weeks=12", "trends-phone.png"], [desk, `/week/${world.week}`, "week.png"], [phone, `/week/${world.week}`, "week-phone.png"], [phone, `/shopping/${world.week}`, "shopping-phone.png"],
    [phone, `/meal/${friday}/dinner/cook/1`, "cook-phone.png"], [desk, `/week/${world.week}/preview?command=REGENERATE+${world.days[5]}`, "preview.png"],
  ]) {
    await page.goto(path);
    for (const image of await page.locator("img").all()) await image.scrollIntoViewIfNeeded();
    await page.evaluate(() => Promise.all([...document.images].map((i) => i.decode().catch(() => {}))));
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${into}/${file}` });
  }
});
