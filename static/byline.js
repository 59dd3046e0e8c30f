// Everything works without this file; it adds the colour switch, spoken news and small comforts.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const announcer = document.getElementById("announcer");

  // --- Dark mode ---------------------------------------------------------------------------

  const theme = document.querySelector("button.theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const showTheme = () => theme.setAttribute("aria-checked", String(isDark()));

  const remember = (choice) => {
    try {
      if (choice) localStorage.setItem("theme", choice);
      else localStorage.removeItem("theme");
    } catch {
      // No storage: the choice lasts as long as the page.
    }
  };

  theme.hidden = false;
  showTheme();
  dark.addEventListener("change", showTheme);
  theme.addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    const asSystem = (wanted === "dark") === dark.matches;
    if (asSystem) delete root.dataset.theme;
    else root.dataset.theme = wanted;
    remember(asSystem ? null : wanted);
    showTheme();
  });

  // --- Forms -------------------------------------------------------------------------------

  document.getElementById("error-summary")?.focus();

  // A second press sends nothing; the server would take it for the first one anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelectorAll("button[type=submit]").forEach((button) => {
      button.setAttribute("aria-disabled", "true");
    });
  });
  // Coming back from the payment page brings the form back as it was left.
  addEventListener("pageshow", () => {
    document.querySelectorAll("[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => {
        button.removeAttribute("aria-disabled");
      });
    });
  });

  // Hidden fields do not come back with a page; without its mark the order would be a second one.
  const token = document.querySelector("[data-once] input[name=token]");
  if (token && history.state?.token) token.value = history.state.token;
  else if (token) history.replaceState({ token: token.value }, "");

  const fieldChecked = (place) => {
    const field = document.getElementById(place.id.replace("_error", ""));
    const words = place.textContent.trim();
    if (words) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    field.closest(".field").classList.toggle("wrong", Boolean(words));
    if (words) announcer.textContent = words;
  };

  // --- Copying an address -------------------------------------------------------------------

  const offerCopies = () => {
    if (!navigator.clipboard) return;
    document.querySelectorAll("[data-copy][hidden]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const words = document.getElementById(button.dataset.copy).textContent.trim();
        try {
          await navigator.clipboard.writeText(words);
          button.textContent = announcer.textContent = "Copied";
        } catch {
          announcer.textContent = "Copying was not allowed";
        }
      });
    });
  };
  offerCopies();

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "status-region") offerCopies();
    if (event.target.id === "catalogue") {
      announcer.textContent = document.getElementById("count").textContent;
    }
    if (event.target.classList.contains("field-error")) fieldChecked(event.target);
  });

  // --- Print -------------------------------------------------------------------------------

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
})();
