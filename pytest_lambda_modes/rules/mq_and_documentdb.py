"""MQ and DOCDB: queues of Amazon MQ and change streams of DocumentDB, polled."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_DG = "https://docs.aws.amazon.com/lambda/latest/dg"

MQ: tuple[Rule, ...] = (
    Rule(
        "MQ-1",
        "An event of ActiveMQ has messages as JMS has them, with data in base64; one of RabbitMQ has them by queue "
        "and virtual host, with the properties of AMQP.",
        f"{_DG}/with-mq.html",
        "documented",
        departure="The eventSource of ActiveMQ is aws:mq, as in AWS's docs; samples have aws:amq too. Its expiration "
        "is an instant, as in JMS. Which properties of AMQP are there without being set, and how a date is written, is "
        "not verified.",
    ),
    Rule(
        "MQ-2",
        "A batch has up to 100 messages, collected for half a second, in an event of 6 MB. It is acknowledged when "
        "the function has succeeded. When it fails, all of it comes back as redelivered, until it is processed or "
        "expires. There are no partial responses, no destinations and no bisecting.",
        f"{_DG}/process-mq-messages-with-lambda.html",
        "documented",
        departure="One batch of a queue is in flight at a time. The broker's own limits of redelivery and its "
        "dead-letter queues are left out, and priorities do not change the order. The waits before "
        "redelivery are those of streams (KIN-8).",
    ),
)

DOCUMENTDB: tuple[Rule, ...] = (
    Rule(
        "DOCDB-1",
        "An event has changes with their resume token, cluster time, document key, namespace and operation type, and "
        "the whole document where the change stream has it. Batches are of 100 changes, collected for half a second, "
        "one at a time, and retried until they succeed or leave the change stream's log. There are no filters. A "
        "change that is too large for an event is dropped, and counted as OversizedRecordCount.",
        f"{_DG}/with-documentdb.html",
        "documented",
        departure="The waits between attempts are those of streams (KIN-8). Change streams of whole databases are "
        "left out. The envelope of the changes is not verified.",
    ),
)

RULES: tuple[Rule, ...] = MQ + DOCUMENTDB
