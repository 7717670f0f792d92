"use strict";
// Keeps the page as the server has it: an event names what it should look like, and the page is fetched if it differs.
const lost = document.getElementById("lost");
const events = new EventSource(location.pathname + "/events");
const refresh = async (mark) => {
  const live = document.getElementById("live");
  if (live.dataset.mark === mark) return;
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (!fresh) return;
  const focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  live.replaceWith(document.adoptNode(fresh));
  document.title = page.title;
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
};
events.onopen = () => { lost.hidden = true; };
events.onerror = () => {
  lost.hidden = false;
  // Refused, and not only cut off: the browser does not connect again by itself.
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 60_000);
};
events.onmessage = (event) => { refresh(event.data).catch(() => { lost.hidden = false; }); };
events.addEventListener("gone", () => { events.close(); location.reload(); });
