// The panel that shows all of one item.

const MARKS = { true: ["\u2713", "passed", "passed"], false: ["\u2717", "rejected", "failed"], undefined: ["\u2013", "undecided", "gave no result"] };
const MOST_COMPARISONS = 4000000;

function section(title, button, ...children) {
  return element("section", {}, element("h3", {}, element("span", {}, title), button), ...children);
}

function copyButton(text, what) {
  const button = element("button", { type: "button" }, `Copy ${what}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not permitted: select the text";
    }
    setTimeout(() => (button.textContent = `Copy ${what}`), 2000);
  });
  return button;
}

// The words of the new text, those that the old one has not in the same order marked.
function compared(before, after) {
  const [old, words] = [before, after].map((text) => text.match(/\s*\S+/g) || []);
  if (!old.length || old.length * words.length > MOST_COMPARISONS) return [after];
  const [oldPlain, plain] = [old, words].map((list) => list.map((word) => word.trim().replace(/[.,;:]+$/, "")));
  const same = (i, j) => oldPlain[i] === plain[j];
  const width = words.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = words.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = same(i, j)
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
  const parts = [];
  const add = (text, isNew) => {
    const last = parts[parts.length - 1];
    if (last && last.isNew === isNew) last.text += text;
    else parts.push({ text, isNew });
  };
  let [i, j] = [0, 0];
  while (j < words.length) {
    if (i < old.length && same(i, j)) {
      add(words[j], false);
      i += 1;
      j += 1;
    } else if (i < old.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else {
      add(words[j], true);
      j += 1;
    }
  }
  return parts.map((part) => (part.isNew ? element("ins", {}, part.text) : part.text));
}

function judgeEntry(judge) {
  const [sign, verdict, word] = MARKS[judge.passed];
  const facts = [];
  if (judge.confidence !== undefined) facts.push(`confidence ${judge.confidence.toFixed(2)}`);
  if (judge.weight !== undefined) facts.push(`weight ${judge.weight}`);
  const issues = (judge.issues || []).map((issue) =>
    element("li", {}, element("b", {}, issue.name), issue.detail ? `: ${issue.detail}` : ""),
  );
  const evidence = (judge.evidence || []).map((sentence) => element("li", {}, sentence));
  const mark = element("span", { className: "mark", title: word }, sign);
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", word);
  return element(
    "div",
    { className: `judge ${verdict}` },
    mark,
    element("b", {}, judge.name),
    facts.length ? element("span", { className: "note" }, ` \u00b7 ${facts.join(", ")}`) : "",
    judge.reasoning ? element("p", {}, judge.reasoning) : "",
    issues.length ? element("ul", {}, ...issues) : "",
    evidence.length ? element("ul", { className: "note" }, ...evidence) : "",
  );
}

function judgeSections(row) {
  const judges = row.judges || [];
  const passing = judges.filter((judge) => judge.passed === true);
  const others = judges.filter((judge) => judge.passed !== true);
  const parts = [];
  if (others.length) parts.push(section("Judges that did not pass it", "", ...others.map(judgeEntry)));
  if (passing.length) {
    const summary = element("summary", {}, `${passing.length} judge${passing.length === 1 ? "" : "s"} passed it`);
    parts.push(element("section", {}, element("details", { open: !others.length }, summary, ...passing.map(judgeEntry))));
  }
  return parts;
}

function list(title, texts) {
  return texts.length ? section(title, "", element("ul", { className: "list" }, ...texts.map((text) => element("li", {}, text)))) : "";
}

function facts(row) {
  const found = {
    Score: row.score?.toFixed(4),
    "Task type": row.task,
    Label: row.label,
    "Suggested action": row.action,
    Time: row.seconds === undefined ? undefined : `${row.seconds} s`,
    Cost: row.cost === undefined ? undefined : `${row.cost} credits`,
    Submitted: row.submitted,
    Feedback: row.thumb === undefined ? undefined : row.thumb ? "thumb up" : "thumb down",
    Evaluation: row.evaluation,
    "Idempotency key": row.key,
  };
  const entries = Object.entries(found).filter(([, value]) => value !== undefined);
  return element("dl", { className: "facts" }, ...entries.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function imagePart(row) {
  const address = pictureOf(row);
  const parts = [];
  if (address) parts.push(element("img", { src: address, alt: `Thumbnail of ${nameOf(row)}` }));
  if (row.file) {
    const link = element("a", { href: row.file, target: "_blank", rel: "noopener noreferrer" }, "Open the file");
    parts.push(element("p", {}, link), element("p", { className: "note" }, "Works while this page and the images stay where they are."));
  }
  if (row.link) {
    const link = element("a", { href: row.link, target: "_blank", rel: "noopener noreferrer" }, row.link);
    parts.push(element("p", {}, "Image on the web: ", link));
    parts.push(element("p", { className: "note" }, "Without the query of the address, so a signed one may not open."));
  }
  return parts;
}

function detailsOf(row) {
  const findings = [];
  if (row.kind) findings.push(section("Why there is no verdict", "", element("p", {}, element("b", {}, row.kind), row.message ? `: ${row.message}` : "")));
  if (row.summary) findings.push(section("In short", "", element("p", {}, row.summary)));
  if (row.override) findings.push(section("The verdict was overridden", "", element("p", {}, row.override)));
  findings.push(
    list("Gate failures", (row.gates || []).map((gate) => `${gate.name}${gate.reason ? `: ${gate.reason}` : ""}`)),
    list("Issues", row.issues || []),
  );
  if (row.improved)
    findings.push(
      section("Improved prompt", copyButton(row.improved, "prompt"), element("p", { className: "prompt" }, ...compared(row.prompt || "", row.improved))),
    );
  findings.push(...judgeSections(row), list("Strengths", row.strengths || []));
  if (row.prompt) findings.push(section("Prompt", "", element("p", { className: "prompt" }, row.prompt)));
  return element(
    "div",
    { className: "inside" },
    element("div", { className: "image" }, ...imagePart(row)),
    element("div", { className: "findings" }, ...findings),
    facts(row),
  );
}
