// Forms that make a sentence hard to read, each with what to write instead.

/** Before a sentence: the beginning of a line, an item, a cell or a text, or the end of another sentence. */
const START = String.raw`(?<=^[\s>*+-]*|^\s*\d+\.\s+|\0\s*|[.!?:;|(]\s+)`;
/** The rest of a sentence, over lines, but not into code. */
const REST = String.raw`[^.!?|\0]*`;

const VERB = '(?:is|are|was|were|has|have|may|can|does|do|goes|stays)';

const phrase = (words) =>
  new RegExp(String.raw`\b(?:${words.replaceAll(' ', String.raw`\s+`)})\b`, 'gi');
const opening = (words) => new RegExp(START + words, 'gm');

const FORMS = [
  ['shall', phrase('shall'), '“must”, “will”, or the present tense'],
  ['is to be', phrase('(?:is|are|was|were) to be'), '“must be”, or tell the reader to'],
  ['whoever', phrase('whoever'), '“anyone who”, or name them'],
  ['that is there', phrase('(?:that|which) (?:is|are) there'), '“existing”, or nothing'],
  ['of which', phrase('of which'), '“whose”, or two sentences'],
  ['respectively', phrase('respectively'), 'a sentence for each'],
  ['so that … so that', phrase(`so that${REST}so that`), 'two sentences'],
  ['for as long as', phrase('for as long as'), '“while”, or “as long as”'],
  ['it is looked', phrase(String.raw`it is \w+ed whether`), 'who does it'],
  ['at least so', phrase('at least so'), 'the number, or nothing'],
  ['by itself', phrase('by itself|by themselves'), '“automatically”, “on its own”, “alone”'],
  // One verb makes a label, as in “What a socket is made of”; two make a sentence.
  ['What … is', opening(String.raw`What\s(?:${REST}\b${VERB}\b){2}${REST}\.`), 'the subject first'],
  ['Of …', opening(String.raw`Of\s`), 'the subject first'],
  ['Where …,', opening(String.raw`Where\s${REST},`), '“If”, or “When”'],
  ['besides', phrase('besides'), '“also”, or nothing'],
  ['thus', phrase('thus'), '“so”'],
  ['hence', phrase('hence'), '“so”'],
];

/** @param prose what `proseOf()` left of a file. @returns each form in it as `{ line, text }`. */
export function formsIn(prose) {
  const lineAt = (at) => prose.slice(0, at).split('\n').length;
  return FORMS.flatMap(([name, pattern, instead]) =>
    [...prose.matchAll(pattern)].map(({ index }) => ({
      line: lineAt(index),
      text: `“${name}”: write ${instead}`,
    })),
  ).toSorted((one, other) => one.line - other.line);
}
