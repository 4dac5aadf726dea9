"""Python's http.client, driven by RealClientsIT. Reads each request as a line of JSON from standard input and writes
the response as a line of JSON to standard output. ScriptClient.java describes the lines."""

import base64
import http.client
import json
import sys
import urllib.parse

BOUNDARY = "----longcut-boundary"

# One connection for each address, kept open until {"forget": true}.
connections = {}


def connection_to(address):
    if address not in connections:
        connections[address] = http.client.HTTPConnection(address, timeout=20)
    return connections[address]


def multipart(upload):
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\n{upload['comment']}\r\n"
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{upload['name']}\"\r\n"
        f"Content-Type: {upload['type']}\r\n\r\n"
    )
    return head.encode() + base64.b64decode(upload["data"]) + f"\r\n--{BOUNDARY}--\r\n".encode()


def body_of(request, headers):
    """Returns the body, and True if it must be sent chunked."""
    if request.get("upload"):
        headers.append(["Content-Type", f"multipart/form-data; boundary={BOUNDARY}"])
        return multipart(request["upload"]), False
    body = request.get("body")
    if not body:
        return None, False
    if body.get("type"):
        headers.append(["Content-Type", body["type"]])
    return base64.b64decode(body["data"]), body["chunked"]


def answer_to(request):
    url = urllib.parse.urlsplit(request["url"])
    target = request["url"].split(url.netloc, 1)[1]
    headers = list(request["headers"])
    if request["compressed"]:
        headers.append(["Accept-Encoding", "gzip"])
    body, chunked = body_of(request, headers)

    connection = connection_to(url.netloc)
    # putrequest() instead of request(), which accepts each header name only once.
    connection.putrequest(request["method"], target, skip_accept_encoding=request["compressed"])
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    elif body is not None:
        connection.putheader("Content-Length", str(len(body)))
    elif request["method"] in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", "0")
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    half = len(body or b"") // 2
    parts = [body[:half], body[half:]] if chunked else body
    connection.endheaders(parts, encode_chunked=chunked)

    response = connection.getresponse()
    content = response.read()
    return {
        "status": response.status,
        "url": request["url"],
        "headers": response.getheaders(),
        "body": base64.b64encode(content).decode(),
    }


for line in sys.stdin:
    call = json.loads(line)
    try:
        if call.get("forget"):
            for open_connection in connections.values():
                open_connection.close()
            connections.clear()
            answer = {}
        else:
            answer = answer_to(call)
    except (OSError, http.client.HTTPException) as e:
        connections.clear()
        answer = {"error": repr(e)}
    print(json.dumps(answer), flush=True)
