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

// Languages without spaces have words too.
function wordsOf(text) {
  if (!Intl.Segmenter) return text.match(/\s+|\S+/g) || [];
  return Array.from(new Intl.Segmenter(undefined, { granularity: "word" }).segment(text), (part) => part.segment);
}

// For each word of the new text, whether the old one lacks it: what is not in their longest common subsequence.
function newWords(old, words) {
  const width = words.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = words.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        old[i] === words[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
  const isNew = [];
  let i = 0;
  while (isNew.length < words.length) {
    const j = isNew.length;
    if (i < old.length && old[i] === words[j]) {
      isNew.push(false);
      i += 1;
    } else if (i < old.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else isNew.push(true);
  }
  return isNew;
}

// The new text, with what the old one lacks marked.
function compared(before, after) {
  const [old, words] = [wordsOf(before), wordsOf(after)];
  const shorter = Math.min(old.length, words.length);
  let start = 0;
  while (start < shorter && old[start] === words[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === words.at(-1 - end)) end += 1;
  const [oldPart, part] = [old, words].map((all) => all.slice(start, all.length - end));
  if (!before || oldPart.length * part.length > MOST_COMPARISONS) return [after];
  const isNew = [...Array(start).fill(false), ...newWords(oldPart, part), ...Array(end).fill(false)];
  // A space between two new words belongs to them.
  words.forEach((word, j) => {
    if (!word.trim() && isNew[j - 1] && isNew[j + 1]) isNew[j] = true;
  });
  const texts = [];
  words.forEach((word, j) => {
    if (j && isNew[j] === isNew[j - 1]) texts[texts.length - 1] += word;
    else texts.push(word);
  });
  return texts.map((text, number) => ((number % 2 === 1) !== isNew[0] ? element("ins", {}, text) : text));
}

function judgeEntry(judge) {
  const [sign, verdict, word] = MARKS[judge.passed];
  const facts = [];
  if (judge.confidence !== undefined) facts.push(`confidence ${judge.confidence.toFixed(2)}`);
  if (judge.weight !== undefined) facts.push(`weight ${judge.weight}`);
  const issues = (judge.issues || []).map((issue) =>
    element("li", {}, element("b", {}, issueWords(issue.name)), issue.detail ? `: ${issue.detail}` : ""),
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
  if (address) parts.push(imageOf(address, `Thumbnail of ${nameOf(row)}`));
  if (row.image === "changed") parts.push(element("p", {}, element("b", {}, "The file was changed after it was judged, "), "so it is not shown."));
  if (row.image === "missing") parts.push(element("p", { className: "note" }, "No local file was found that is what was judged."));
  if (row.image === "uncompared") parts.push(element("p", { className: "note" }, "The image was judged by its address: whether this file is the same is not known."));
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
