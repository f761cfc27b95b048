"use strict";
(() => {
  const form = document.querySelector(".filters");
  const [words, account, owner] = ["words", "account", "owner"].map((id) => document.getElementById(id));
  const cards = [...document.querySelectorAll("article")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    accounts: element.dataset.accounts.split("\n"),
    to: element.dataset.to.split("\n"),
    system: element.closest("section").dataset.system,
  }));
  const asked = new URLSearchParams(location.search);
  let shown = "";

  function fits(card) {
    return (!shown || card.system === shown)
      && (!account.value || card.accounts.includes(account.value))
      && (!owner.value || card.to.includes(owner.value))
      && words.value.toLowerCase().split(/\s+/).every((word) => card.text.includes(word));
  }

  function show() {
    let count = 0;
    for (const card of cards) {
      card.element.hidden = !fits(card);
      count += card.element.hidden ? 0 : 1;
    }
    for (const section of document.querySelectorAll("section"))
      section.hidden = !section.querySelector("article:not([hidden])");
    for (const link of document.querySelectorAll("[data-show]"))
      link.toggleAttribute("aria-current", link.dataset.show === shown);
    document.getElementById("none").hidden = count > 0 || cards.length === 0;
    document.getElementById("count").textContent = count === cards.length ? "" : `${count} of ${cards.length}`;
  }

  for (const link of document.querySelectorAll("[data-show]"))
    link.addEventListener("click", (event) => {
      event.preventDefault();
      shown = link.dataset.show;
      history.replaceState(null, "", link.hash || location.pathname + location.search);
      show();
      scrollTo({ top: 0 });
    });
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(() => { shown = ""; show(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  // /inbox?account=Acme#slack opens on one account and one system
  account.value = asked.get("account") ?? "";
  owner.value = asked.get("owner") ?? "";
  words.value = asked.get("q") ?? "";
  if ([...document.querySelectorAll("[data-show]")].some((link) => link.hash && link.hash === location.hash))
    shown = location.hash.slice(1);
  show();

  for (const { element } of cards) {
    const body = element.querySelector(".body");
    if (!body || body.scrollHeight < 480) continue;
    const more = Object.assign(document.createElement("button"), { className: "more", textContent: "Show all" });
    body.classList.add("long");
    body.after(more);
    more.addEventListener("click", () => {
      more.textContent = body.classList.toggle("open") ? "Show less" : "Show all";
    });
  }
})();
