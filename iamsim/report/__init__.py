"""Answers as something to read: text, Markdown, JSON.

Nothing here decides anything, and nothing here prints: every function returns text or plain data.
`text.render_text`, `markdown.render_markdown` and `data.answer_to_dict` are the ways out;
`summary.summary` is the one sentence, `message.denied_message` what AWS would print. They are not
gathered here, since a text answer should not wait for the import of the others.
"""
