// Runs before anything is drawn, so that no page flashes in the other theme. Without a choice the system's holds.
(() => {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
