// Saves reloads on the shopping list, and shows what others tick. Without it every form works.
"use strict";
(() => {
  const main = document.querySelector("main");
  const list = document.querySelector("[data-list]");
  if (navigator.wakeLock && document.querySelector("[data-awake]")) {
    const button = document.querySelector("[data-awake]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.wakeLock.request("screen");
        button.textContent = "The screen stays on";
        button.disabled = true;
      } catch { button.textContent = "This browser turns the screen off"; }
    });
  }
  for (const timer of document.querySelectorAll("[data-timer]")) {
    timer.hidden = false;
    timer.addEventListener("click", () => {
      const end = Date.now() + timer.dataset.timer * 60000;
      timer.disabled = true;
      const tick = setInterval(() => {
        const left = Math.max(0, Math.round((end - Date.now()) / 1000));
        timer.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "Done";
        if (!left) { clearInterval(tick); timer.disabled = false; if (navigator.vibrate) navigator.vibrate(400); }
      }, 250);
    });
  }
  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(await (await fetch(copy.dataset.copy)).text());
      copy.textContent = "Copied";
    });
  }
  if (!list) return;
  let version = Number(list.dataset.version);
  const waiting = JSON.parse(localStorage.getItem(list.dataset.list) || "[]");
  const keep = () => localStorage.setItem(list.dataset.list, JSON.stringify(waiting));
  const state = document.querySelector("[data-state]");
  const say = (text) => { if (state) state.textContent = text; };

  const mark = (form, done) => {
    const item = form.closest("li");
    item.classList.toggle("done", done);
    const button = form.querySelector("button.check");
    button.setAttribute("aria-pressed", done);
    const how = form.querySelector("[name=do]");
    how.value = done ? how.value.replace(/^tick/, "untick") : how.value.replace(/^untick/, "tick");
  };
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.querySelector("[data-list]");
    if (!next) return;
    version = Number(next.dataset.version);
    const focused = document.activeElement && document.activeElement.id;
    list.replaceChildren(...next.childNodes);
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  };
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      await sendAll();
    } finally {
      sending = false;
    }
  };
  const sendAll = async () => {
    while (waiting.length) {
      let answer;
      try {
        answer = await fetch(list.dataset.path, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" }, body: waiting[0] });
      } catch {
        say("No connection: what you tick is kept and sent later.");
        return;
      }
      waiting.shift();
      keep();
      if (answer.status === 401) { location.reload(); return; }
      if (answer.ok) version = (await answer.json()).version;
      else await refresh();
    }
    say("");
  };
  main.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-tick]")) return;
    event.preventDefault();
    waiting.push(new URLSearchParams(new FormData(form)).toString());
    keep();
    mark(form, form.querySelector("[name=do]").value.startsWith("tick"));
    send();
  });
  addEventListener("online", send);
  send();
  if (window.EventSource) {
    const events = new EventSource(list.dataset.path + "/events");
    events.onmessage = (event) => { if (Number(event.data) !== version && !waiting.length) refresh(); };
  }
  if (navigator.serviceWorker && list.dataset.worker) navigator.serviceWorker.register(list.dataset.worker, { scope: list.dataset.scope });
})();
