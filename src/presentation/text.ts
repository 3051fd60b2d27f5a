// A piece of text with what it means to whoever looks at it: a terminal and a page each show that in their own way.

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
export type Styled = { readonly style: Style; readonly text: string };
export type Text = string | Styled;

/** What is told of one thing, line by line: a name of at most twelve characters, and its value. */
export type Fact = readonly [name: string, value: Text];
