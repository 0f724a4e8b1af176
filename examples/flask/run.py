"""The smallest Flask app with a health page; gunicorn serves it as run:app."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello from Flask\n"


@app.get("/health")
def health():
    return "ok\n"
