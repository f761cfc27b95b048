// What each library is told to send, once; and what it says to that. Runs beside the library, without the product.
"use strict";

const PERSON = "ana-lopez";
const ACCOUNT = 17;
const AT = new Date("2026-03-02T10:00:00Z");
const IN_NEW_YORK = new Date("2026-03-02T05:00:00-05:00");
const VALUES = { number: 3, decimal: 1.1, list: ["pdf", "csv"], null: null };

// Each sends and waits; `script.js HOST KEY PART` prints which kinds of call the library itself refused.
async function main(made) {
  const [host, key, part] = process.argv.slice(2);
  const library = await made(host, key);
  const refused = {};
  for (const [kind, call] of Object.entries(calls(library, part))) {
    try {
      await call();
    } catch (error) {
      refused[kind] = error.name || "Error";
    }
  }
  await library.close();
  process.stdout.write(JSON.stringify({ refused }) + "\n", () => process.exit(0));
}

function calls(library, part) {
  if (part === "retry") return { retry: () => library.event(PERSON, "sent: retry", {}, AT) };
  const values = Object.entries(VALUES).map(([kind, value]) => [
    kind,
    () => library.event(PERSON, `sent: ${kind}`, { value }, AT),
  ]);
  return {
    user: () => library.user(PERSON, { role: "admin" }),
    account: () => library.account(PERSON, ACCOUNT, { plan: "Team" }),
    event: () => library.event(PERSON, "sent: event", {}, AT),
    ...Object.fromEntries(values),
    "time zone": () => library.event(PERSON, "sent: time zone", {}, IN_NEW_YORK),
    "number as person": async () => {
      await library.account(5, ACCOUNT, { plan: "Team" });
      await library.event(5, "sent: number as person", {}, AT);
    },
  };
}

module.exports = { main, ACCOUNT };
