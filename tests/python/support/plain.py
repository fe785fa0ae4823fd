"""A plain MQTT 3.1.1 client: the library under the SDK, without the SDK."""

from __future__ import annotations

import itertools
import ssl
import threading

import paho.mqtt.client as mqtt
from azure.iot.hub.sastoken import SasToken

from .address import MQTTS_PORT
from .wait import DEADLINE, Record

TWIN_ANSWERS = "$iothub/twin/res/#"
DESIRED = "$iothub/twin/PATCH/properties/desired/#"
METHODS = "$iothub/methods/POST/#"

_numbers = itertools.count(1)


class Plain:
    """One connection at a time; everything that arrives is recorded."""

    def __init__(self, server, device_id, key, clean=True, user=None, password=None, client_id=None, ttl=3600):
        self.id = device_id
        self._host = server.host
        self.messages = Record(f"a message for {device_id}")
        self.granted = Record(f"a SUBACK for {device_id}")
        self.published = Record(f"a PUBACK for {device_id}")
        self.ends = Record(f"the end of the connection of {device_id}")
        self._answered = Record(f"a CONNACK for {device_id}")
        client = mqtt.Client(client_id or device_id, clean, protocol=mqtt.MQTTv311, reconnect_on_failure=False)
        client.tls_set_context(ssl.create_default_context(cadata=server.ca))
        token = password or str(SasToken(f"{server.host}/devices/{device_id}", key, ttl=ttl))
        client.username_pw_set(user or f"{server.host}/{device_id}/?api-version=2021-04-12", token)
        client.on_connect = lambda _client, _data, flags, code: self._answered.add((code, flags["session present"]))
        client.on_disconnect = lambda _client, _data, code: self.ends.add(code)
        client.on_subscribe = lambda _client, _data, number, granted: self.granted.add((number, tuple(granted)))
        client.on_publish = lambda _client, _data, number: self.published.add(number)
        client.on_message = lambda _client, _data, got: self.messages.add(got)
        self._client = client

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self, keep_alive=60):
        """The code of the CONNACK and whether a session was there."""
        before = len(self._answered)
        self._client.loop_stop()
        self._client.connect(self._host, MQTTS_PORT, keep_alive)
        self._client.loop_start()
        return self._answered.wait(since=before)

    def disconnect(self):
        """Says goodbye, and waits until it is done."""
        before = len(self.ends)
        self._client.disconnect()
        self.ends.wait(since=before)
        self._client.loop_stop()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, *filters, qos=0):
        """What was granted to each."""
        _, number = self._client.subscribe([(each, qos) for each in filters])
        return self.granted.wait(lambda entry: entry[0] == number)[1]

    def unsubscribe(self, topic):
        done = threading.Event()
        self._client.on_unsubscribe = lambda *_: done.set()
        self._client.unsubscribe(topic)
        assert done.wait(DEADLINE), "an UNSUBACK"

    def publish(self, topic, payload=b"", qos=0):
        return self._client.publish(topic, payload, qos)

    def acknowledged(self, topic, payload=b""):
        """Publishes with QoS 1 and waits for the PUBACK."""
        number = self.publish(topic, payload, 1).mid
        self.published.wait(lambda each: each == number)

    def message(self, start, since=0):
        """The first message on a topic that begins so."""
        return self.messages.wait(lambda got: got.topic.startswith(start), since=since)

    def twin_request(self, action, payload=b"", qos=0):
        """Status, the rest of the topic and the body of the answer."""
        rid = f"r{next(_numbers)}"
        self.publish(f"$iothub/twin/{action}/?$rid={rid}", payload, qos)
        answer = self.messages.wait(lambda got: f"?$rid={rid}" in got.topic)
        status, _, rest = answer.topic[len("$iothub/twin/res/"):].partition("/")
        return int(status), rest.replace(f"?$rid={rid}", ""), answer.payload

    def read_twin(self, payload=b""):
        return self.twin_request("GET", payload)

    def report(self, payload):
        return self.twin_request("PATCH/properties/reported", payload)

    def closed(self):
        """The server ended the connection."""
        assert self.ends.wait() != 0
