"use strict";
// Rows of the rating file, and their storage in the browser.

const config = JSON.parse(document.getElementById("config").textContent);
const STORAGE_KEY = `listening-test:${config.test_id}:${config.session_id}`;

// A spreadsheet runs a cell that starts with one of these as a formula: it gets an apostrophe, which the scoring removes.
const FORMULA = /^'*[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function csvCell(value) {
  const text = String(value ?? "");
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvText(state) {
  const { test_id, key_sha256, session_id, design } = config;
  const common = { test_id, key_sha256, session_id, design, rater_id: state.rater_id };
  const lines = state.rows.map((row) => config.columns.map((name) => csvCell({ ...common, ...row }[name])).join(","));
  return [config.columns.join(","), ...lines, ""].join("\n");
}

// The state of a session: { rater_id, done: number of trials rated, rows, key_sha256, page_version }.
function newState(raterId) {
  return { rater_id: raterId, done: 0, rows: [], key_sha256: config.key_sha256, page_version: config.page_version };
}

// Returns the saved state, or null if there is none of this test and this version of the page.
function loadState() {
  try {
    const state = JSON.parse(localStorage.getItem(STORAGE_KEY));
    const isOurs = state?.key_sha256 === config.key_sha256 && state?.page_version === config.page_version;
    return isOurs ? state : null;
  } catch {
    return null;
  }
}

// Returns whether the browser keeps the state.
function saveState(state) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(state));
    return true;
  } catch {
    return false;
  }
}

function deleteState() {
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Nothing is stored where storage is not available.
  }
}
