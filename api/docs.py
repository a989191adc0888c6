"""/docs: the routes as plain HTML made from the OpenAPI description, with nothing from afar."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment

PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>cuofeng API</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{background:#eee;padding:.1rem .3rem}table{border-collapse:collapse}
td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:left}</style></head><body>
<h1>cuofeng API, version {{ api.info.version }}</h1>
<p>{{ api.info.summary }}. Send <code>Authorization: Bearer KEY</code>; errors are RFC 9457
problems. The whole description, for programs: <a href="openapi.json">openapi.json</a>.</p>
{% for path, methods in api.paths.items() %}{% for method, route in methods.items() %}
<h2><code>{{ method.upper() }} {{ path }}</code></h2>
<p>{{ route.description or route.summary }}</p>
{% if route.parameters %}<table><tr><th>parameter</th><th>in</th><th>required</th><th></th></tr>
{% for p in route.parameters %}<tr><td><code>{{ p.name }}</code></td><td>{{ p.in }}</td>
<td>{{ "yes" if p.required else "no" }}</td><td>{{ p.description or "" }}</td></tr>{% endfor %}
</table>{% endif %}
{% for media, body in (route.requestBody.content if route.requestBody else {}).items() %}
<p>Body: <code>{{ media }}</code>
{% if "$ref" in body.schema %}<code>{{ body.schema["$ref"].split("/")[-1] }}</code>{% endif %}</p>
{% endfor %}
{% endfor %}{% endfor %}
<h1>Schemas</h1>
{% for name, schema in api.components.schemas.items() %}<h2 id="{{ name }}">{{ name }}</h2>
<p>{{ schema.description or "" }}</p><ul>
{% for field, of in (schema.properties or {}).items() %}
<li><code>{{ field }}</code> {{ of.description or of.format or of.type or "" }}</li>
{% endfor %}</ul>
{% endfor %}</body></html>""")


def add_page(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False, response_class=HTMLResponse)
    def show_docs() -> str:
        return PAGE.render(api=app.openapi())
