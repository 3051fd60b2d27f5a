// Words and phrases that docs, help, messages, comments and names avoid, and what to write instead.
//
// Add a phrase when a reader stumbles over it and a plainer one exists. Leave it out when it has a common technical meaning.

export type AvoidedWord = {
  readonly phrase: string;
  readonly instead: string;
};

/** Each phrase is a regular expression that matches whole words in the text that `readable` makes (find.ts). */
export const AVOIDED_WORDS: readonly AvoidedWord[] = [
  { phrase: 'mend(s|ed|ing)?', instead: 'fix' },
  { phrase: '(some|any|every)body|someone', instead: 'the role: an operator, a worker, all users' },
  // `nobody` in quotes, or alone in a column of a table, is the owner of a failure. A quoted `taken over` is an entry of a
  // history, and `millrace.lacking` is a function of the database.
  { phrase: '(?<!["\'`]|\\|\\s*)nobody', instead: 'the role: no operator, no worker, no one' },
  { phrase: '(who|which|what|how)soever|who(m)?ever', instead: 'the role: the user who, any worker that' },
  { phrase: '(go|goes|went|gone|going) on', instead: 'continue, resume, keep running' },
  { phrase: 'all the same', instead: 'anyway, still' },
  { phrase: "(take|takes|took|taken|taking)( \\w+){0,3} over(?!')|takeover", instead: 'deploy, apply, reclaim' },
  { phrase: 'told(?! at(?! once))|tells? of|tells?( \\w+){0,2} apart', instead: 'sent, reported, shown, distinguish' },
  { phrase: '(came|comes?) of', instead: 'result, outcome' },
  { phrase: 'rests|rested|resting|lets?( \\w+){1,2} rest', instead: 'pause, paused' },
  { phrase: 'doubled', instead: 'duplicate' },
  { phrase: 'misfits?', instead: 'type error' },
  { phrase: 'standing|how( \\w+){1,4} stands?', instead: 'state, status' },
  { phrase: 'stands? (in|there|beside|below|above|at|under|next)', instead: 'is' },
  { phrase: '(?<![.])lacking', instead: 'missing' },
  { phrase: 'beside', instead: 'next to, alongside, in addition to, while' },
  { phrase: 'at once', instead: 'immediately, at the same time' },
  { phrase: 'of (its|their|our|your) own|of (ours|theirs|yours)', instead: 'its own, our' },
  { phrase: 'anew', instead: 'again' },
  { phrase: 'for ever', instead: 'forever' },
  { phrase: 'for good(?! reason)', instead: 'permanently, forever' },
  { phrase: 'one after (the other|another)', instead: 'one at a time' },
  { phrase: 'in earnest', instead: 'in production' },
  { phrase: 'in vain', instead: 'without success' },
  { phrase: "\\w+ else['’]s", instead: "another's" },
  { phrase: 'where (none|nothing) is', instead: 'if there is none' },
  { phrase: 'whatever', instead: 'any, all, regardless of' },
  { phrase: 'answers? for edits?', instead: 'choose how edits affect stored rows' },
  { phrase: '(so|as) far as (it|they|that|this|is|was|are|known)', instead: 'as far as known, or what is known' },
  { phrase: 'nothing of', instead: 'none of, no part of' },
  { phrase: ', of which', instead: 'two sentences' },
  { phrase: 'left to chance', instead: 'random' },
  { phrase: '(is|are|was|were) meant', instead: 'is intended, is for' },
  {
    phrase: 'of late|at length|many a|thereof|therein|whereby|wherein|hereby|thrice|likewise',
    instead: 'a modern word',
  },
  { phrase: '(has|have) not enough', instead: 'does not have enough' },
  { phrase: 'waits? to be', instead: 'is waiting to be' },
  { phrase: 'asker', instead: 'actor' },
  { phrase: 'say once', instead: 'log once' },
  { phrase: 'duties', instead: 'tasks' },
];
