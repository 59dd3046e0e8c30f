// The order's status region follows the work: a stream says when to ask for it, and htmx asks. Only
// while there is no stream does the region's own poll go through. The rest of the page, where
// somebody may be typing, is never swapped.
(() => {
  "use strict";
  const PATIENCE_MS = 3000; // a stream that ends to begin anew is not worth a word
  const AGAIN_MS = [1000, 30000]; // soon after a stream that worked, else later
  const announcer = document.getElementById("announcer");
  const region = () => document.getElementById("status-region");

  let heading = region().dataset.heading;
  let stream = null;
  let open = false;
  let retry = 0;
  let patience = 0;
  let paused = false;
  let contact = true;
  let looking = false;
  let missed = false;

  const show = () => {
    const words = (id, wanted) => {
      const note = document.getElementById(id);
      if (note) note.hidden = !wanted;
    };
    words("poll-lost", !contact);
    words("stream-lost", contact && paused);
  };

  // --- Asking for the region ----------------------------------------------------------------

  const look = () => {
    if (looking) missed = true;
    else window.htmx?.trigger(region(), "again");
  };

  const looked = () => {
    looking = false;
    show();
    if (!region().dataset.events) leave();
    else if (missed) {
      missed = false;
      setTimeout(look); // htmx drops what is asked before it is done with the last answer
    }
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id !== "status-region") return;
    const isPoll = event.detail.requestConfig.triggeringEvent?.type !== "again";
    if (document.hidden || (isPoll && open)) event.preventDefault();
    else looking = true;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id !== "status-region") return;
    contact = event.detail.successful === true;
    // Else there is a new region, which can be asked for once it has settled.
    if (!contact || event.detail.xhr.status === 204) looked();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "status-region") return;
    if (region().dataset.heading !== heading) {
      heading = region().dataset.heading;
      announcer.textContent = heading;
    }
    looked();
  });

  // --- The stream ---------------------------------------------------------------------------

  const leave = () => {
    stream?.close();
    stream = null;
    open = false;
    clearTimeout(retry);
    clearTimeout(patience);
    patience = 0;
  };

  const lost = () => {
    const worked = open;
    stream.close();
    stream = null;
    open = false;
    patience ||= setTimeout(() => {
      paused = true;
      show();
    }, PATIENCE_MS);
    // Not all at once, when a server has let all of them go.
    retry = setTimeout(follow, AGAIN_MS[worked ? 0 : 1] * (1 + Math.random()));
  };

  const follow = () => {
    const address = region().dataset.events;
    if (!address || document.hidden || stream) return;
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      open = true;
      clearTimeout(patience);
      patience = 0;
      paused = false;
      show();
    });
    stream.addEventListener("error", lost);
    stream.addEventListener("changed", look);
    stream.addEventListener("queue", () => {
      if ("inQueue" in region().dataset) look();
    });
    stream.addEventListener("over", leave);
  };

  // Browsers keep six connections to a site: a tab that nobody sees leaves its own to the others.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else {
      follow();
      look();
    }
  });
  follow();
})();
