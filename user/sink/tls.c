/* SPDX-License-Identifier: GPL-2.0-only */
/* tls.c - OpenSSL, with a way to the socket of our own that never raises SIGPIPE. */
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "../base/util.h"

#define TLS_WHY_SIZE 96
#define TLS_HOST_SIZE 256
#define TLS_READS_MAX 16
#define TLS_FRAME_SIZE SSL3_RT_MAX_PLAIN_LENGTH /* one record */

struct tls_context {
	SSL_CTX *openssl;
	BIO_METHOD *way;
	char host[TLS_HOST_SIZE];
};

struct tls {
	SSL *openssl;
	bool is_open; /* the handshake is done, and nothing went wrong since */
	bool is_writing; /* a record is not out yet */
	short wants;
	char why[TLS_WHY_SIZE];
};

static int tls_way_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int tls_way_result(BIO *bio, ssize_t count, int retry)
{
	BIO_clear_retry_flags(bio);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
	return (int)count;
}

static int tls_way_write(BIO *bio, const char *data, int length)
{
	return tls_way_result(bio, send(tls_way_fd(bio), data, (size_t)length,
					MSG_NOSIGNAL | MSG_DONTWAIT), BIO_FLAGS_WRITE);
}

static int tls_way_read(BIO *bio, char *data, int length)
{
	return tls_way_result(bio, recv(tls_way_fd(bio), data, (size_t)length, MSG_DONTWAIT),
			      BIO_FLAGS_READ);
}

static long tls_way_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *tls_way_new(void)
{
	BIO_METHOD *way = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (!way)
		return NULL;
	BIO_meth_set_write(way, tls_way_write);
	BIO_meth_set_read(way, tls_way_read);
	BIO_meth_set_ctrl(way, tls_way_control);
	return way;
}

/* The first word on an error is the most exact. */
static const char *tls_reason(void)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) :
						       ERR_reason_error_string(error);

	return reason ? reason : "OpenSSL does not say why";
}

static int tls_refuse(char *ret_why, size_t why_size, const char *what, const char *file)
{
	snprintf(ret_why, why_size, "%s %.200s: %s", what, file, tls_reason());
	return -EINVAL;
}

static bool tls_is_given(const char *value)
{
	return value && *value && !util_streq(value, "none");
}

static int tls_load_authorities(SSL_CTX *openssl, const char *ca, char *ret_why, size_t why_size)
{
	if (!tls_is_given(ca) || util_streq(ca, TLS_CA_SYSTEM)) {
		if (SSL_CTX_set_default_verify_paths(openssl) == 1)
			return 0;
		return tls_refuse(ret_why, why_size, "the system's", "certificates");
	}
	if (SSL_CTX_load_verify_file(openssl, ca) == 1)
		return 0;
	return tls_refuse(ret_why, why_size, "ca", ca);
}

/* A key that wants a password is refused: there is nobody to ask. */
static int tls_no_password(char *out, int size, int is_writing, void *argument)
{
	(void)out;
	(void)size;
	(void)is_writing;
	(void)argument;
	return -1;
}

static int tls_load_identity(SSL_CTX *openssl, const struct tls_settings *settings, char *ret_why,
			     size_t why_size)
{
	const char *key = tls_is_given(settings->key) ? settings->key : settings->certificate;

	if (!tls_is_given(settings->certificate)) {
		if (!tls_is_given(settings->key))
			return 0;
		snprintf(ret_why, why_size, "a key is of no use without its certificate");
		return -EINVAL;
	}
	SSL_CTX_set_default_passwd_cb(openssl, tls_no_password);
	if (SSL_CTX_use_certificate_chain_file(openssl, settings->certificate) != 1)
		return tls_refuse(ret_why, why_size, "certificate", settings->certificate);
	/* It compares the two as well. */
	if (SSL_CTX_use_PrivateKey_file(openssl, key, SSL_FILETYPE_PEM) != 1)
		return tls_refuse(ret_why, why_size, "key", key);
	return 0;
}

static int tls_context_fill(struct tls_context *context, const struct tls_settings *settings,
			    char *ret_why, size_t why_size)
{
	int r;

	ERR_clear_error();
	context->way = tls_way_new();
	context->openssl = SSL_CTX_new(TLS_client_method());
	if (!context->way || !context->openssl ||
	    SSL_CTX_set_min_proto_version(context->openssl, TLS1_2_VERSION) != 1)
		return tls_refuse(ret_why, why_size, "start", "OpenSSL");
	SSL_CTX_set_verify(context->openssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(context->openssl, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(context->openssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	r = tls_load_authorities(context->openssl, settings->ca, ret_why, why_size);
	return r < 0 ? r : tls_load_identity(context->openssl, settings, ret_why, why_size);
}

int tls_context_new(struct tls_context **ret_context, const struct tls_settings *settings,
		    char *ret_why, size_t why_size)
{
	struct tls_context *context = calloc(1, sizeof(*context));
	int r;

	if (!context) {
		snprintf(ret_why, why_size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	snprintf(context->host, sizeof(context->host), "%s", settings->host);
	r = tls_context_fill(context, settings, ret_why, why_size);
	if (r < 0) {
		tls_context_free(context);
		return r;
	}
	*ret_context = context;
	return 0;
}

void tls_context_free(struct tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->openssl);
	BIO_meth_free(context->way);
	free(context);
}

/* Whom the certificate has to name; a name is told to the server as well (SNI). */
static bool tls_expect(SSL *openssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(openssl), host) == 1;
	SSL_set_hostflags(openssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(openssl, host) == 1 && SSL_set_tlsext_host_name(openssl, host) == 1;
}

static bool tls_lay_way(struct tls *tls, const struct tls_context *context, int fd)
{
	BIO *bio = BIO_new(context->way);

	if (!bio)
		return false;
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->openssl, bio, bio);
	return true;
}

int tls_start(struct tls **ret_tls, struct tls_context *context, int fd)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->openssl = SSL_new(context->openssl);
	if (!tls->openssl || !tls_expect(tls->openssl, context->host) ||
	    !tls_lay_way(tls, context, fd)) {
		tls_end(tls);
		return -ENOMEM;
	}
	SSL_set_connect_state(tls->openssl);
	*ret_tls = tls;
	return 0;
}

void tls_end(struct tls *tls)
{
	if (!tls)
		return;
	/* Best effort: the socket may be full, and the other end may be gone. */
	if (tls->is_open && !tls->is_writing)
		(void)SSL_shutdown(tls->openssl);
	SSL_free(tls->openssl);
	ERR_clear_error();
	free(tls);
}

static void tls_explain(struct tls *tls, int error)
{
	long verdict = SSL_get_verify_result(tls->openssl);

	if (error == SSL_ERROR_SSL && verdict != X509_V_OK)
		snprintf(tls->why, sizeof(tls->why), "TLS: %s",
			 X509_verify_cert_error_string(verdict));
	else if (error == SSL_ERROR_SSL)
		snprintf(tls->why, sizeof(tls->why), "TLS: %s", tls_reason());
	else
		snprintf(tls->why, sizeof(tls->why), "%s",
			 errno ? strerror(errno) : "closed by the other end");
}

static void tls_forget_errors(void)
{
	ERR_clear_error();
	errno = 0;
}

/* What came of an OpenSSL call, as 0 or -errno. */
static int tls_result(struct tls *tls, int result)
{
	int error = SSL_get_error(tls->openssl, result);

	switch (error) {
	case SSL_ERROR_NONE:
		return 0;
	case SSL_ERROR_WANT_READ:
		tls->wants = POLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		tls->wants = POLLOUT;
		return -EAGAIN;
	default:
		tls->is_open = false;
		tls_explain(tls, error);
		return error == SSL_ERROR_SSL ? -EPROTO : -ECONNRESET;
	}
}

int tls_greet(struct tls *tls)
{
	int r;

	tls_forget_errors();
	r = tls_result(tls, SSL_do_handshake(tls->openssl));
	tls->is_open = r == 0;
	return r;
}

short tls_wants(const struct tls *tls)
{
	return tls->wants;
}

int tls_send(struct tls *tls, const void *data, size_t length)
{
	char frame[TLS_FRAME_SIZE];
	size_t digits = (size_t)snprintf(frame, sizeof(frame), "%zu ", length);
	int r;

	if (length > sizeof(frame) - digits)
		return -EMSGSIZE;
	memcpy(frame + digits, data, length);
	tls_forget_errors();
	r = tls_result(tls, SSL_write(tls->openssl, frame, (int)(digits + length)));
	tls->is_writing = r == -EAGAIN;
	return r;
}

bool tls_peer_gone(struct tls *tls)
{
	char ignored[4096];
	int r = 0;

	tls_forget_errors();
	for (int i = 0; i < TLS_READS_MAX && r == 0; i++)
		r = tls_result(tls, SSL_read(tls->openssl, ignored, sizeof(ignored)));
	return r != 0 && r != -EAGAIN;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why;
}
