"""Looks over the shoulder of the library under the SDK: what passes through it is unchanged."""

from __future__ import annotations

import contextlib

import paho.mqtt.client as mqtt


@contextlib.contextmanager
def subscriptions():
    """The filters that any client of this process subscribes to meanwhile."""
    seen = []
    subscribe = mqtt.Client.subscribe

    def spied(client, topic, *arguments, **named):
        seen.append(topic)
        return subscribe(client, topic, *arguments, **named)

    mqtt.Client.subscribe = spied
    try:
        yield seen
    finally:
        mqtt.Client.subscribe = subscribe
