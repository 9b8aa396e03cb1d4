"""Forms made from a model's own fields: title, bounds, unit and description give the editor."""
