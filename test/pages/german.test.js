// The pages as somebody who speaks German goes through them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings, markup, start, stop, views, visitor, world } from "./kit.js";

before(start);
after(stop);

const friday = world.days[4];
const pages = [
  "/week", `/week/${world.week}/history`, `/week/${world.week}/wishes`, `/week/${world.week}/preview?command=REGENERATE+WEEK`, `/meal/${friday}/dinner`, `/meal/${friday}/dinner/others`, `/recipe/${world.recipe}`, `/recipe/${world.recipe}?on=${friday}+dinner`,
  `/meal/${friday}/dinner/cook/1`, `/cooking/${world.week}`, "/shopping", "/trends", "/library", "/settings", "/account", "/account/tokens", "/nowhere",
];

test("every page in German, on a phone and a desk", async (t) => {
  for (const view of [views[0], views.at(-1)]) {
    const page = await visitor({ ...view, locale: "de-DE" }, world.german.pop());
    for (const path of pages) {
      await t.test(`${path}, ${view.name}`, async () => {
        const answer = await page.goto(path);
        assert.equal(await page.locator("html").getAttribute("lang"), "de");
        assert.deepEqual(await findings(page), []);
        assert.deepEqual(await markup(await answer.text()), []);
      });
    }
    await page.context().close();
  }
});

test("a week in German: another dish, a tick, the language itself", async () => {
  const page = await visitor({ ...views[0], locale: "de-DE" }, world.german.pop());
  page.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await page.goto(`/meal/${friday}/dinner/others`);
  await page.getByText("Tag im Ziel").first().waitFor();
  await page.getByRole("button", { name: "Nehmen" }).first().click();
  await page.getByRole("status").filter({ hasText: "Freitag Abendessen" }).waitFor();
  await page.getByRole("link", { name: "Einkauf", exact: true }).click();
  await page.getByText(/Noch \d+ zu kaufen/).waitFor();
  await page.locator("button.check").first().click();
  await page.waitForFunction(() => document.querySelectorAll("li.done").length === 1);
  await page.context().setOffline(true);
  await page.locator("button.check").nth(1).click();
  await page.getByText("Keine Verbindung").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("link", { name: "Einstellungen" }).click();
  await page.getByRole("navigation", { name: "Auf dieser Seite" }).getByRole("link").last().click();
  await page.getByLabel("Sprache").selectOption("en");
  await page.getByLabel("Sprache").locator("xpath=ancestor::form").getByRole("button", { name: "Speichern" }).click();
  await page.getByRole("status").filter({ hasText: "Stored." }).waitFor();
  await page.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "You" }).click();
  await page.getByLabel("Language").selectOption("de");
  await page.getByLabel("Language").locator("xpath=ancestor::form").getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").filter({ hasText: "Gespeichert." }).waitFor();
  await page.context().close();
});
