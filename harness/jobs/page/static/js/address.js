// The address after #: a place (a section, or CASE/IMPLEMENTATION), then ? and what is chosen in the table.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that is no escape
  }
}

function address() {
  const text = location.hash.slice(1);
  const cut = text.indexOf("?");
  const place = cut < 0 ? text : text.slice(0, cut);
  const slash = place.lastIndexOf("/");
  return {
    place: decoded(place),
    cell: slash < 0 ? null : { of: decoded(place.slice(0, slash)), implementation: decoded(place.slice(slash + 1)) },
    query: cut < 0 ? null : new URLSearchParams(text.slice(cut + 1)),
  };
}

function placeOfCell(of, implementation) {
  return `${encodeURIComponent(of)}/${encodeURIComponent(implementation)}`;
}

// The address with this place and what is chosen now.
function addressOf(place) {
  const query = chosenAsQuery().toString();
  return `#${place}${query ? `?${query}` : ""}`;
}
