// Keeps the shopping list and what it looks like for places without a connection.
"use strict";
const kept = "mealplanner-1";
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && /\/(sign-out|account\/delete|sign-in\/[^/]+)$/.test(url.pathname)) {
    event.waitUntil(caches.delete(kept)); // another person may come
    return;
  }
  if (request.method !== "GET") return;
  const list = /\/shopping\/\d{4}-\d{2}-\d{2}$/.test(url.pathname);
  if (!list && !url.pathname.includes("/static/")) return;
  event.respondWith((async () => {
    const cache = await caches.open(kept);
    try {
      const answer = await fetch(request);
      if (answer.ok && !answer.redirected) await cache.put(url.pathname, answer.clone());
      return answer;
    } catch (failed) {
      const before = await cache.match(url.pathname);
      if (before) return before;
      throw failed;
    }
  })());
});
