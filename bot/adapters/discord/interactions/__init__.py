"""Commands, buttons, forms and autocompletion, and how they are answered."""
