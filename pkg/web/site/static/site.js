// Saves reloads on the shopping list, and shows what others tick. Without it every form works.
"use strict";
(() => {
  const words = document.currentScript.dataset; // in the reader's language
  const main = document.querySelector("main");
  const list = document.querySelector("[data-list]");
  if (navigator.wakeLock && document.querySelector("[data-awake]")) {
    const button = document.querySelector("[data-awake]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.wakeLock.request("screen");
        button.textContent = words.screenOn;
        button.disabled = true;
      } catch { button.textContent = words.screenOff; }
    });
  }
  if (navigator.wakeLock && document.querySelector("[data-awake-now]")) {
    const stayOn = () => { if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {}); };
    document.addEventListener("visibilitychange", stayOn); // the lock ends when the page is hidden
    stayOn();
  }
  for (const timer of document.querySelectorAll("[data-timer]")) {
    timer.hidden = false;
    timer.addEventListener("click", () => {
      const end = Date.now() + timer.dataset.timer * 60000;
      timer.disabled = true;
      const tick = setInterval(() => {
        const left = Math.max(0, Math.round((end - Date.now()) / 1000));
        timer.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : words.done;
        if (!left) { clearInterval(tick); timer.disabled = false; if (navigator.vibrate) navigator.vibrate(400); }
      }, 250);
    });
  }
  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(await (await fetch(copy.dataset.copy)).text());
      copy.textContent = words.copied;
    });
  }
  const address = (button, name) => document.getElementById(button.dataset[name]).value;
  const copyValue = document.querySelector("[data-copy-value]");
  if (copyValue && navigator.clipboard) {
    copyValue.hidden = false;
    copyValue.addEventListener("click", async () => {
      await navigator.clipboard.writeText(address(copyValue, "copyValue"));
      copyValue.textContent = words.copied;
    });
  }
  const share = document.querySelector("[data-share]");
  if (share && navigator.share) {
    share.hidden = false;
    share.addEventListener("click", () => navigator.share({ title: share.dataset.title, url: address(share, "share") }).catch(() => {})); // somebody thought better of it
  }
  const zone = document.querySelector("[data-zone]");
  if (zone && zone.value === "UTC" && location.pathname.includes("/setup/")) {
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  }
  const unfold = () => { // what a link on the page leads to
    const target = document.getElementById(location.hash.slice(1));
    const fold = target && target.closest("details");
    if (fold) fold.open = true; // browsers of late do so by themselves
  };
  addEventListener("hashchange", unfold);
  unfold();
  if (!list) return;
  let version = Number(list.dataset.version);
  const key = "list-" + list.dataset.list;
  const waiting = JSON.parse(localStorage.getItem(key) || "[]");
  const keep = () => localStorage.setItem(key, JSON.stringify(waiting));
  const state = document.querySelector("[data-state]");
  const say = (text) => { if (state) state.textContent = text; };
  let stale = false; // somebody else changed the list meanwhile

  const mark = (form, done) => {
    form.closest("li").classList.toggle("done", done);
    form.querySelector("button.check").setAttribute("aria-pressed", done);
    const how = form.querySelector("[name=do]");
    how.value = done ? how.value.replace(/^tick/, "untick") : how.value.replace(/^untick/, "tick");
  };
  // What is at home moves there, and back. Where it stands exactly, the page that follows knows.
  const move = (form, home) => {
    const item = form.closest("li");
    const at = document.querySelector("[data-home]");
    form.querySelector("[name=do]").value = home ? "need" : "have";
    form.querySelector("[data-label]").textContent = home ? words.buy : words.have;
    const tick = item.querySelector(".keep");
    if (tick) tick.hidden = home;
    if (home) {
      item.before(item.place = document.createComment(""));
      at.querySelector("ul").append(item);
    } else if (item.place) item.place.replaceWith(item);
    else item.hidden = true;
    at.hidden = !at.querySelector("li:not([hidden])");
  };
  const show = (form) => {
    const how = form.querySelector("[name=do]").value;
    if (how === "have" || how === "need") move(form, how === "have");
    else mark(form, how.startsWith("tick"));
  };
  const named = (form) => new URLSearchParams(new FormData(form)).toString();
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-list]");
    if (!next || waiting.length) return;
    stale = false;
    version = Number(next.dataset.version);
    const focused = document.activeElement && document.activeElement.id;
    list.replaceChildren(...next.childNodes);
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  };
  const later = (text) => { say(text); setTimeout(send, 10000); };
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length) {
        let answer;
        try {
          answer = await fetch(list.dataset.path, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" }, body: waiting[0] });
        } catch {
          return later(words.offline);
        }
        if (answer.status === 401) return say(words.out);
        if (!answer.ok && ![400, 404, 409, 422].includes(answer.status)) return later(words.silent);
        const moved = /^do=(have|need)&/.test(waiting.shift());
        keep();
        const now = answer.ok ? (await answer.json()).version : 0;
        stale = stale || moved || now !== version + 1;
        version = now || version;
      }
      say("");
      if (stale) await refresh();
    } finally {
      sending = false;
    }
  };
  main.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-tick]")) return;
    event.preventDefault();
    waiting.push(named(form));
    keep();
    show(form);
    send();
  });
  for (const change of waiting) { // what was not sent yet shows as done
    const form = [...list.querySelectorAll("[data-tick]")].find((f) => named(f) === change);
    if (form) show(form);
  }
  addEventListener("online", send);
  send();
  const watch = () => {
    const events = new EventSource(list.dataset.path + "/events");
    events.onmessage = (event) => {
      if (Number(event.data) === version) return;
      if (waiting.length || sending) stale = true;
      else refresh();
    };
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(watch, 15000); };
  };
  if (window.EventSource) watch();
  if (navigator.serviceWorker && !navigator.serviceWorker.controller) {
    navigator.serviceWorker.addEventListener("controllerchange", () => { // what was loaded before there was a worker
      for (const kept of [location.href, ...[...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((e) => e.href || e.src)]) fetch(kept, { headers: { Accept: "text/html" } });
    }, { once: true });
  }
  if (navigator.serviceWorker && list.dataset.worker) navigator.serviceWorker.register(list.dataset.worker, { scope: list.dataset.scope });
})();
