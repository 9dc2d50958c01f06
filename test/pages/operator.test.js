// An operator's way from the slowest generation to its trace, over a real Jaeger: make e2e.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findings, markup, start, stop, views, visitor, world } from "./kit.js";

before(start);
after(stop);

for (const view of views) {
  test(`from the slowest generation to its trace, ${view.name}`, async () => {
    const page = await visitor(view, world.links.pop());
    await page.goto("/operations");
    const runs = page.getByRole("region", { name: "Recent generations" }).getByRole("row").filter({ has: page.getByRole("link") });
    const shares = await runs.locator("svg.share rect").evaluateAll((bars) => bars.map((b) => Number(b.getAttribute("width"))));
    assert.ok(shares.length > 0, "no generation has a bar");
    const slowest = runs.nth(shares.indexOf(Math.max(...shares)));
    const job = await slowest.getByRole("cell").nth(1).textContent();
    assert.match(job, /^weekly_generation:/);
    const address = await slowest.getByRole("link").getAttribute("href");
    await slowest.getByRole("link").click();
    await page.getByRole("heading", { name: "Trace" }).waitFor();
    const spans = page.getByRole("region", { name: "Spans" });
    await spans.getByText("generation_algorithm").first().waitFor();
    await spans.locator("summary").filter({ hasText: "recipe_fetch" }).first().click();
    await spans.locator("details[open] li").first().waitFor();
    assert.deepEqual(await findings(page), []);
    const answer = await page.goto(address);
    assert.deepEqual(await markup(await answer.text()), []);
    await page.context().close();
  });
}
