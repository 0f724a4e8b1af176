"""A real gRPC server: its health as its input says, a line "SERVICE STATUS"
each. It prints its port, and a line for each change."""

import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
servicer = health.HealthServicer()
if "--without-health" not in sys.argv:
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
if "--tls" in sys.argv:
    key, chain = (open(path, "rb").read() for path in sys.argv[-2:])
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
for socket in sys.argv[1:]:
    if socket.startswith("unix:"):
        server.add_insecure_port(socket)
server.start()
print(port, flush=True)
for line in sys.stdin:
    service, status = line.rstrip("\n").split(" ")
    if service == "shutdown":
        servicer.enter_graceful_shutdown()
    else:
        servicer.set(service, health_pb2.HealthCheckResponse.ServingStatus.Value(status))
    print("done", flush=True)
server.stop(None)
