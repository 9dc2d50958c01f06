// A browser at the pages of a running program, and what every page is held against.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { HtmlValidate } from "html-validate";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// The rules of the HTML standard and of accessibility; boxes of one name are a list, and a button of a form submits it.
const html = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: { "no-implicit-button-type": "off", "form-dup-name": ["error", { shared: ["radio", "checkbox"] }] },
});

/** What the program that is tested says of itself. */
export const world = JSON.parse(process.env.PAGES ?? "null");

let browser;
export const start = async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
};
export const stop = () => browser.close();

export const views = [
  { name: "phone, light", viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true },
  { name: "phone, dark", viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true },
  { name: "desk, light", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "desk, dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
];

/** Somebody with a browser of their own, who is signed in if a link is given. */
export const visitor = async (options = {}, link) => {
  const context = await browser.newContext({ baseURL: world.base, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.wrong = [];
  page.expected = [];
  page.on("pageerror", (e) => page.wrong.push(`script: ${e.message}`));
  page.on("console", (m) => {
    const of4xx = /status of 4\d\d/.test(m.text());
    if (["error", "warning"].includes(m.type()) && !of4xx && !page.expected.some((x) => x.test(m.text()))) page.wrong.push(`console: ${m.text()}`);
  });
  if (link) {
    await page.goto(link);
    await page.getByRole("button", { name: /^(Sign in|Anmelden)/ }).click();
  }
  return page;
};

/** What has to be scrolled sideways: the page, and on a phone whatever is in it but the navigation. */
const sideways = (page) => page.evaluate(() => {
  const over = (e) => e.scrollWidth - e.clientWidth;
  const wide = innerWidth > 400 ? [] : [...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && over(e) > 0 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX));
  return [document.documentElement, ...wide].filter((e) => over(e) > 0).map((e) => `scrolls sideways by ${over(e)} px: ${e.cloneNode(false).outerHTML.slice(0, 120)}`);
});

/** What is wrong with the page as it stands: axe's findings of every level, sideways scrolling, small targets, marks of a keyboard, the console. */
export const findings = async (page) => {
  const out = page.wrong.splice(0);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const v of violations) {
    for (const n of v.nodes) out.push(`axe ${v.impact} ${v.id}: ${v.help}: ${n.html.slice(0, 200)}`);
  }
  const view = page.viewportSize();
  for (const width of view.width < 400 ? [320, 390, view.width] : [view.width]) {
    await page.setViewportSize({ ...view, width });
    out.push(...(await sideways(page)).map((what) => `${what} at ${width} px`));
  }
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("a.button, button, summary, input, select, .top a")]
      .filter((e) => e.offsetParent && !e.closest(".off-screen"))
      .map((e) => [e, (e.closest("label") ?? e).getBoundingClientRect()])
      .filter(([, r]) => r.height && (r.height < 24 || r.width < 24))
      .map(([e, r]) => `a target of ${Math.round(r.width)} × ${Math.round(r.height)} px: ${e.outerHTML.slice(0, 120)}`));
  const marks = await page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const out = [];
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (/["']/.test(data) && !parentElement.closest("code, pre, script, style, .steps")) out.push(`a quotation mark of a keyboard: ${data.trim().slice(0, 120)}`);
    }
    return out;
  });
  return [...out, ...small, ...marks];
};

/** What html-validate says of a page as the server sends it. */
export const markup = async (text) => {
  const report = await html.validateString(text);
  return report.results.flatMap((r) => r.messages.map((m) => `html ${m.ruleId}: ${m.message} (${m.line}:${m.column})`));
};

/** What moves in sight while a page arrives: it is cut at tags, and what stands in each part has to stay where it is; the line that is cut may still grow. */
export const moving = async (page, path, pieces) => {
  const whole = await (await page.goto(path)).text();
  const tags = [...whole.slice(whole.indexOf("<body>")).matchAll(/<[a-z]/g)].map((m) => m.index + whole.indexOf("<body>"));
  const places = () => page.evaluate(() => [...document.body.querySelectorAll("*")].map((e) => {
    const { x, y, width, height } = e.getBoundingClientRect();
    const open = !e.closest(":not(:last-child)");
    return { x, y, open, seen: e.checkVisibility() && !e.closest(".off-screen") && width > 0 && height > 0 && y < innerHeight && x >= 0, of: e.outerHTML.slice(0, 100) };
  }));
  const last = await places();
  const out = new Set();
  let part;
  await page.route(path, (route) => route.fulfill({ body: part, contentType: "text/html; charset=utf-8" }));
  for (let i = 1; i < pieces; i++) {
    part = whole.slice(0, tags[Math.floor((tags.length * i) / pieces)]);
    await page.goto(path);
    const now = await places();
    now.forEach((p, n) => {
      const [across, down] = [p.open ? 0 : Math.round(last[n].x - p.x), Math.round(last[n].y - p.y)];
      if (p.seen && Math.max(Math.abs(across), Math.abs(down)) >= 3) out.add(`moves by ${across}, ${down} px: ${last[n].of}`);
    });
  }
  await page.unroute(path);
  return [...out];
};
