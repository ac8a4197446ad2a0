"""Runs moto on a free loopback port, tells the port, and ends with whoever started it."""

import logging
import os
import sys
import threading

from moto.core.responses import EmptyResult
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


def as_in_aws() -> None:
    """What AWS does with users and moto does not: tags outlast UpdateUser, keys hold up DeleteUser, boundaries are kept."""
    update_user, delete_user = IAMBackend.update_user, IAMBackend.delete_user
    create_user = IamResponse.create_user

    def updating_tags(self, user_name, new_path=None, new_user_name=None):
        before = self.users[user_name].arn if user_name in self.users else ""
        tags = self.tagger.list_tags_for_resource(before)["Tags"]
        update_user(self, user_name, new_path, new_user_name)
        self.tagger.delete_all_tags_for_resource(before)
        self.tagger.tag_resource(self.users[new_user_name or user_name].arn, tags)

    def unless_it_has_keys(self, user_name):
        if self.get_user(user_name).access_keys:
            raise DeleteConflictException("Cannot delete entity, must delete access keys first.")
        delete_user(self, user_name)

    def bound(self):
        arn = self._get_param("PermissionsBoundary")
        shown = arn and {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        self.backend.get_user(self._get_param("UserName")).permissions_boundary = shown
        return EmptyResult()

    def create_bound(self):
        made = create_user(self)
        bound(self)
        return made

    IAMBackend.update_user, IAMBackend.delete_user = updating_tags, unless_it_has_keys
    IamResponse.create_user = create_bound
    IamResponse.put_user_permissions_boundary = IamResponse.delete_user_permissions_boundary = bound


def main() -> None:
    as_in_aws()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    # The starter holds the other end: the system closes it however the starter ends, by SIGKILL too.
    sys.stdin.buffer.read()
    os._exit(0)


main()
