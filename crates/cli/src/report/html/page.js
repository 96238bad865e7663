// An enhancement: without it, everything is there and can be opened and read.
(() => {
  const controls = document.getElementById("controls");
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const items = [...document.querySelectorAll("details.interaction")];
  const pacts = [...document.querySelectorAll("section.pact")];
  let texts = null;

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts ??= items.map((item) => item.textContent.toLowerCase());
    let count = 0;
    items.forEach((item, number) => {
      const wanted = status.value === "all"
        || item.dataset.status === status.value
        || (status.value === "failed" && item.dataset.failed === "true");
      item.hidden = !(wanted && words.every((word) => texts[number].includes(word)));
      if (!item.hidden) count += 1;
    });
    for (const pact of pacts) pact.hidden = !pact.querySelector("details.interaction:not([hidden])");
    shown.textContent = count + " of " + items.length + " shown";
  };
  const openAll = (open) => {
    for (const item of items) if (!item.hidden) item.open = open;
  };
  const reveal = () => {
    const item = document.getElementById(location.hash.slice(1));
    if (item && item.matches("details.interaction")) item.open = true;
  };

  search.addEventListener("input", apply);
  status.addEventListener("change", apply);
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  addEventListener("hashchange", reveal);
  controls.hidden = items.length === 0;
  if (items.length > 0) apply();
  reveal();
})();
