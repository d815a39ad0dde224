"use strict";
// What the scripts of this page share: the run's data, and how a case is drawn.
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const NONE = "(no label)", PAGE = 8;
function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== null && text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
function picture(id) {
  const image = make("img", null, { alt: "case " + id });
  if (data.pictures[id]) image.src = data.pictures[id];
  return image;
}
const percent = share => Math.round(100 * share) + " %";


function answered(one) {
  const line = make("p");
  line.append(make("b", one.label ?? `no label, ${one.outcome}`, { class: one.right ? "right" : "wrong" }));
  line.append(one.right ? " ✓ right" : " ✗ wrong");
  if (one.confidence !== null) line.append(make("span", `, ${percent(one.confidence)} sure`, { class: "soft" }));
  return line;
}
function about(id) {
  const known = data.cases[id], facts = Object.entries(known.attributes).map(([name, value]) => `${name} ${value}`).join(", ");
  return make("p", `${id}, group ${known.group}${facts ? ", " + facts : ""}`, { class: "id" });
}
function summary(one) {
  const count = one.exemplars.length;
  if (!count) return "the reply as it came";
  return one.raw ? `transcript: ${count} examples, the question, the reply` : `the ${count} cases that it rests on`;
}
/** Examples in the order in which they were shown, each with its label, and the reply. */
function transcript(id, one) {
  const more = make("details"), known = data.cases[id];
  more.append(make("summary", summary(one)));
  more.addEventListener("toggle", () => {
    if (more.childElementCount > 1) return;
    if (one.exemplars.length) {
      const strip = make("ol", null, { class: "strip", tabindex: "0", "aria-label": "Examples in their order" });
      for (const shot of one.exemplars) {
        const hit = shot.labels.some(label => known.truth.includes(label));
        strip.append(tile(shot.id, shot.labels.join(", "), hit, shot.distance === null ? "drawn" : "at " + shot.distance.toPrecision(3)));
      }
      if (one.raw) strip.append(tile(id, "the question", null, ""));
      more.append(strip);
    }
    if (one.raw) {
      const reply = make("article", null, { class: "message assistant" }), head = make("header");
      head.append(make("span", "assistant", { class: "role" }));
      reply.append(head, make("pre", one.raw, { class: "raw" }));
      more.append(reply);
    }
  });
  return more;
}
function tile(id, words, hit, below) {
  const item = make("li"), figure = make("figure", null, hit === null ? { class: "query" } : {}), caption = make("figcaption");
  caption.append(hit === null ? make("b", words) : make("span", `${hit ? "✓" : "✗"} ${words}`, { class: hit ? "label agrees" : "label" }));
  caption.append(make("div", below, { class: "id" }));
  figure.append(picture(id), caption);
  item.append(figure);
  return item;
}
function answerCard(id, one) {
  const card = make("article", null, { class: "answer" }), text = make("div");
  const verdict = answered(one);
  if (!one.right) verdict.append(`; true: ${data.cases[id].truth.join(", ")}`);
  text.append(verdict);
  if (one.reason) text.append(make("p", one.reason, { class: "soft" }));
  text.append(about(id));
  if (one.exemplars.length || (one.raw && one.raw !== one.label)) text.append(transcript(id, one));
  card.append(picture(id), text);
  return card;
}
