// How the data write what stands high and low, as in `δ^(1)_(2)`, and code in prose, between backticks.
const workedText = (() => {
  const scripts = /\^\(([^()]*)\)(?:_\(([^()]*)\))?|_\(([^()]*)\)/g;

  function scripted(target, text) {
    let from = 0;
    for (const match of text.matchAll(scripts)) {
      const stack = document.createElement("span");
      stack.className = "worked-stack";
      for (const [tag, script] of [["sup", match[1]], ["sub", match[2] ?? match[3]]]) {
        if (script !== undefined) stack.appendChild(document.createElement(tag)).textContent = script;
      }
      target.append(text.slice(from, match.index), stack);
      from = match.index + match[0].length;
    }
    target.append(text.slice(from));
  }

  /** Adds the text to an element, and returns that. */
  function rich(target, text) {
    text.split("`").forEach((part, number) => {
      if (number % 2) target.appendChild(document.createElement("code")).textContent = part;
      else scripted(target, part);
    });
    return target;
  }

  return { rich };
})();
