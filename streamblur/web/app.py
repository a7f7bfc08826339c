"""The application: everything behind the socket, put together."""

from __future__ import annotations

from flask import Flask

from streamblur.web.access import Access
from streamblur.web.arriving import Arriving
from streamblur.web.cameras import Cameras
from streamblur.web.guard import Guard
from streamblur.web.live import live
from streamblur.web.office import Office
from streamblur.web.pages import pages
from streamblur.web.review_routes import reviews
from streamblur.web.reviews import Reviews
from streamblur.web.routes import jobs
from streamblur.web.sessions import Sessions
from streamblur.web.studios import Studios


class Application(Flask):
    request_class = Arriving

    def close(self) -> None:
        """End every child but those of jobs, which are the office's."""
        for part in ("REVIEWS", "CAMERAS", "STUDIOS"):
            self.config[part].close()


def make(office: Office, access: Access) -> Application:
    """A WSGI application over ``office``, to be closed before it."""
    app = Application(__name__, static_folder=None)
    app.config.update(OFFICE=office, STUDIOS=Studios(office), CAMERAS=Cameras(office), REVIEWS=Reviews(office))
    app.config.update(GUARD=Guard(app, access, Sessions()), MAX_CONTENT_LENGTH=access.largest("/upload"))
    for each in (pages, jobs, live, reviews):
        app.register_blueprint(each)
    return app
