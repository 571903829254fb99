// Keeps the files of the page, so that it works without a network after the first visit.
const NAME = "iamsim-playground";

async function listed() {
  return (await fetch("files.json", { cache: "no-store" })).json();
}

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const { version, files } = await listed();
    const cache = await caches.open(`${NAME}-${version}`);
    await cache.addAll(["./", "files.json", ...files]);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const newest = (await (await caches.match("files.json")).json()).version;
    for (const name of await caches.keys()) {
      if (name.startsWith(`${NAME}-`) && name !== `${NAME}-${newest}`) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

// The network first: files of two versions do not fit together. Without one, what was kept.
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  event.respondWith((async () => {
    try {
      return await fetch(event.request);
    } catch {
      return (await caches.match(event.request, { ignoreSearch: true })) ?? Response.error();
    }
  })());
});
