# SPDX-License-Identifier: GPL-2.0-only
"""Certificates, made by openssl(1)."""

import datetime

from netns import call


def days(count):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=count)
    return when.strftime("%Y%m%d%H%M%SZ")


class Authority:
    def __init__(self, directory, name="authority"):
        self.directory = directory / name
        self.directory.mkdir()
        self.certificate = self.directory / "ca.pem"
        self.key = self.directory / "ca.key"
        call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", f"/CN={name}", "-days", "30", "-keyout", str(self.key), "-out",
             str(self.certificate))
        (self.directory / "index").touch()
        (self.directory / "serial").write_text("01\n")

    def issue(self, name, names, begins=-2, ends=30):
        """A certificate for `names` ("DNS:log.example, IP:192.0.2.2"): its file and its key's."""
        certificate, key, request, settings = (
            self.directory / f"{name}.{suffix}" for suffix in ("pem", "key", "csr", "cnf"))
        settings.write_text(
            "[ca]\ndefault_ca = own\n[own]\npolicy = any\ndefault_md = sha256\n"
            f"database = {self.directory}/index\nserial = {self.directory}/serial\n"
            f"new_certs_dir = {self.directory}\nunique_subject = no\n"
            "[any]\ncommonName = supplied\n"
            f"[extensions]\nsubjectAltName = {names}\nbasicConstraints = CA:FALSE\n")
        call("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        call("openssl", "ca", "-batch", "-notext", "-config", str(settings), "-cert",
             str(self.certificate), "-keyfile", str(self.key), "-in", str(request), "-out",
             str(certificate), "-startdate", days(begins), "-enddate", days(ends), "-extensions",
             "extensions")
        return certificate, key
