// What every part of the page needs: the data, and elements whose text is never taken for markup.
const DATA = JSON.parse(document.getElementById("data").textContent);

function byId(id) {
  return document.getElementById(id);
}

// An element with attributes and children; text comes in as text, whoever wrote it.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function spoken(text) {
  return element("span", { class: "spoken" }, text);
}

function plural(count, thing) {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
