"""The application: everything behind the socket, put together."""

from __future__ import annotations

from flask import Flask

from streamblur.web.access import Access
from streamblur.web.arriving import Arriving
from streamblur.web.guard import Guard
from streamblur.web.live import Cameras, live
from streamblur.web.office import Office
from streamblur.web.pages import pages
from streamblur.web.review_routes import reviews
from streamblur.web.reviews import Reviews
from streamblur.web.routes import jobs
from streamblur.web.sessions import Sessions
from streamblur.web.studios import Studios


class Application(Flask):
    request_class = Arriving


def make(office: Office, access: Access) -> tuple[Flask, Studios, Cameras]:
    """A WSGI application over ``office``. Who made it closes the studios, cameras and REVIEWS,
    then the office."""
    app = Application(__name__, static_folder=None)
    studios, cameras = Studios(office), Cameras(office)
    app.config.update(OFFICE=office, STUDIOS=studios, CAMERAS=cameras, LIVE=cameras.there(), REVIEWS=Reviews(office))
    app.config.update(GUARD=Guard(app, access, Sessions()), MAX_CONTENT_LENGTH=access.largest("/upload"))
    for each in (pages, jobs, live, reviews):
        app.register_blueprint(each)
    return app, studios, cameras
