// mixpanel, as its documentation has it: the group key is a property of each event. It sends at once, and in turn.
"use strict";
const Mixpanel = require("mixpanel");
const { main, ACCOUNT } = require("./saying.js");

const sent = (send) => new Promise((yes, no) => send((error) => (error ? no(error) : yes())));

main((host, key) => {
  const { hostname, port } = new URL(host);
  const client = Mixpanel.init(key, { host: `${hostname}:${port}`, protocol: "http" });
  return {
    user: (person, traits) => sent((done) => client.people.set(person, traits, done)),
    account: async (person, account, traits) => {
      await sent((done) => client.groups.set("company", account, traits, done));
      await sent((done) => client.people.set(person, { company: account }, done));
    },
    event: (person, event, properties, at) =>
      sent((done) => client.track(event, { distinct_id: person, company: ACCOUNT, time: at, ...properties }, done)),
    close: () => {},
  };
});
