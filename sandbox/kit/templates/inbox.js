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
    body: element.querySelector(".body"),
    more: null,
  }));
  const asked = new URLSearchParams(location.search);
  let shown = "";

  function fits(card) {
    return (!shown || card.system === shown)
      && (!account.value || card.accounts.includes(account.value))
      && (!owner.value || card.to.includes(owner.value))
      && words.value.toLowerCase().split(/\s+/).every((word) => card.text.includes(word));
  }

  function open(card, isOpen) {
    card.body.classList.toggle("open", isOpen);
    card.more.textContent = isOpen ? "Show less" : "Show all";
  }

  // A card whose hit is out of sight opens, and closes again with the search; what a person opened stays open.
  function reveal(card, asked) {
    if (!card.more) return;
    const hit = asked.length > 0 && asked.some((word) => card.body.textContent.toLowerCase().includes(word));
    if (hit && !card.body.classList.contains("open")) { open(card, true); card.searched = true; }
    if (!hit && card.searched) { open(card, false); card.searched = false; }
  }

  function mark(asked) {
    if (!window.Highlight) return;
    const found = [];
    for (const { element } of asked.length ? cards.filter((card) => !card.element.hidden) : []) {
      const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode())
        for (const word of asked)
          for (let at = node.data.toLowerCase().indexOf(word); at >= 0; at = node.data.toLowerCase().indexOf(word, at + 1)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, Math.min(at + word.length, node.length));
            found.push(range);
          }
    }
    CSS.highlights.set("found", new Highlight(...found));
  }

  function show() {
    let count = 0;
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const card of cards) {
      card.element.hidden = !fits(card);
      count += card.element.hidden ? 0 : 1;
      reveal(card, asked);
    }
    mark(asked);
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

  for (const card of cards) {
    if (!card.body || card.body.scrollHeight < 480) continue;
    card.more = Object.assign(document.createElement("button"), { className: "more", textContent: "Show all" });
    card.body.classList.add("long");
    card.body.after(card.more);
    card.more.addEventListener("click", () => {
      card.searched = false;
      open(card, !card.body.classList.contains("open"));
    });
  }
  show();
})();
