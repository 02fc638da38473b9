using Microsoft.AspNetCore.Mvc.ModelBinding;
using static AkkaSse.AspNetCore.HubErrorCodes;

namespace AkkaSse.AspNetCore;

/// <summary>What the methods of the HTTP API do. A path with its name in the query does what its twin does.</summary>
internal static class Operations
{
    private static readonly OperationParameter s_header =
        new("Last-Event-ID", typeof(string), "the last event id: reading goes on after it") { Source = BindingSource.Header };

    private static readonly OperationParameter s_key =
        new("Idempotency-Key", typeof(string), "the same key and event are published once") { Source = BindingSource.Header };

    private static readonly OperationParameter[] s_inbox =
    [
        Text("type", "the event's type"), Text("id", "the publisher's id of the event"), Text("comment", "written with the event"),
        Text("retry", "the readers' reconnection time: milliseconds or a duration"), Flag("base64", "send the body as base64"),
    ];

    private static readonly OperationParameter[] s_event =
    [
        .. s_inbox, Text("ttl", "a duration, after which the event is not delivered"),
        Text("conflate", "the key for the policy conflate; default: the type"), s_key,
    ];

    private static readonly OperationParameter s_limit = new("limit", typeof(int), "1 to 1000; default 100");
    private static readonly OperationParameter[] s_page = [Text("after", "next of the last page"), s_limit];
    private static readonly OperationParameter s_home = Text("zone", "where the client is; default: all zones are searched");

    private static readonly OperationParameter[] s_reader =
    [
        Text("since", "where to start without a last event id: earliest, latest, last:N, offset:N, a duration or a time; default latest"),
        Text("last_event_id", "the last event id, where the header cannot be sent"), Text("lastEventId", "the same"),
        new("type", typeof(string[]), "only events of these types"), Text("instance", "the same instance replaces itself at once"),
        Flag("control", "0: no hub.* events"), Text("ping", "event: heartbeats are events and not comments"),
        Flag("browser", "1: refuse as a browser, with 200 and hub.end"),
        Flag("trace", "1: the trace context of events comes with them"), s_header,
    ];

    private static readonly string[] s_reading = [ParameterInvalid, SubscriptionInvalid, StreamNotFound, NotAcceptable, LimitReached];
    private static readonly string[] s_body = [BodyTimeout, BodyTooLarge, EncodingUnsupported];
    private static readonly string[] s_sending =
        [ParameterInvalid, HeaderInvalid, BodyInvalid, DataNotUtf8, EventInvalid, OutcomeUnknown, .. s_body];

    private static readonly string[] s_keys = [IdempotencyKeyConflict, IdempotencyKeysFull, LimitReached, StreamFull, StorageFull];
    private static readonly string[] s_json = [BodyInvalid, NameInvalid, .. s_body];
    private static readonly string[] s_place = [ClientNotConnected, ZoneNotFound, ClientAmbiguous];
    private static readonly string[] s_client = [ParameterInvalid, OutcomeUnknown, .. s_place];

    /// <summary>What every route may answer: LoopbackOnly, the authorizer, a node that is not there or an engine that is away.</summary>
    public static readonly string[] Everywhere = [TargetInvalid, Unauthorized, Forbidden, HostForbidden, Draining, EngineUnavailable];

    /// <summary>Reading one stream at a route of the application's own.</summary>
    public static readonly Operation ReadStream = Reading("Reads one stream as an event stream.");

    private static readonly Dictionary<string, Operation> s_all = new()
    {
        ["GET /v1/streams/{stream}/events"] = ReadStream,
        ["GET /v1/events"] = Reading("Reads several streams, zones, broadcasts and an inbox on one connection.") with
        {
            Parameters =
            [
                new("stream", typeof(string[]), "streams to read"),
                new("zone", typeof(string[]), "zones to listen to; the first is the home zone"),
                Text("client", "the client id to be reached by"), Flag("broadcast", "0: no broadcasts"), .. s_reader,
            ],
            Codes = [NameInvalid, ClientIdForbidden, ClientInUse, .. s_reading],
        },
        ["POST /v1/streams/{stream}/events"] = Publishing("Publishes an event to a stream.", s_event, [StreamNotFound, .. s_keys]),
        ["POST /v1/zones/{zone}/events"] = Publishing("Publishes an event to everybody in a zone.", s_event, s_keys),
        ["POST /v1/broadcast"] = Publishing("Publishes an event to everybody.", s_event, s_keys),
        ["POST /v1/clients/{client}/events"] = Sending("Sends an event to one client, wherever it is.", [s_home, .. s_inbox]),
        ["POST /v1/zones/{zone}/clients/{client}/events"] = Sending("Sends an event to one client of a zone.", s_inbox),
        ["POST /v1/publish"] = Publishing(
            "Publishes to the one target in the query: stream, zone, client (with or without zone), or broadcast=1.",
            [
                Text("stream", "the stream to publish to"), Text("zone", "the zone to publish to, or where the client is"),
                Text("client", "the client to send to"), Flag("broadcast", "1: to everybody"), .. s_event,
            ],
            [NameInvalid, StreamNotFound, ClientFull, .. s_place, .. s_keys]),
        ["POST /v1/batch"] = new("Publishes many events; each is accepted or refused for itself.")
        {
            Parameters = [s_key],
            Body = typeof(IReadOnlyList<SseBatchItem>),
            BodyRequired = true,
            BodyTypes = ["application/json", "application/x-ndjson"],
            Answers = [(200, typeof(SseBatchAnswers), "one answer per item, in order")],
            Codes = [HeaderInvalid, BodyInvalid, EncodingUnsupported],
        },
        ["GET /v1/streams"] = Asking("Lists streams.", typeof(SseStreamList), [ParameterInvalid]) with
        {
            Parameters = [Text("prefix", "only names that begin so"), .. s_page],
        },
        ["GET /v1/streams/{stream}"] = Asking("Describes a stream.", typeof(SseStreamInfo), [StreamNotFound]),
        ["PUT /v1/streams/{stream}"] = new("Creates a stream, or gives an existing one these options.")
        {
            Body = typeof(SseStreamOptions),
            BodyTypes = ["application/json"],
            Answers = [(200, typeof(SseStreamInfo), "it existed and has these options"), (201, typeof(SseStreamInfo), "created")],
            Codes = [OptionsInvalid, LimitReached, .. s_json],
        },
        ["DELETE /v1/streams/{stream}"] = Doing("Removes a stream and ends its readers.", [StreamNotFound]),
        ["GET /v1/streams/{stream}/history"] =
            Asking("Reads retained events.", typeof(SseHistory), [ParameterInvalid, StreamNotFound]) with
            {
                Parameters = [Text("after", "a position like 7-m2hm83ve4; default: before all"), s_limit],
            },
        ["DELETE /v1/streams/{stream}/history"] = Doing("Clears what a stream retains; offsets go on.", [StreamNotFound]),
        ["GET /v1/clients"] = Asking("Lists who is connected in the cluster.", typeof(SseClientList), [NameInvalid, ParameterInvalid]) with
        {
            Parameters =
            [
                Text("prefix", "only ids that begin so"), Text("stream", "only who reads this stream"),
                Text("zone", "only who is in this zone"), .. s_page,
            ],
        },
        ["GET /v1/clients/{client}"] = Asking("Describes a connected client.", typeof(SseClientInfo), s_client) with
        {
            Parameters = [s_home],
        },
        ["DELETE /v1/clients/{client}"] = Doing("Ends a client's connection.", s_client) with
        {
            Parameters = [s_home, Flag("reconnect", "false: the client is refused for 10 minutes")],
        },
        ["PATCH /v1/clients/{client}/subscriptions"] = new("Changes the streams of a live connection of /v1/events.")
        {
            Parameters = [s_home],
            Body = typeof(SseSubscriptionChange),
            BodyRequired = true,
            BodyTypes = ["application/json"],
            Answers = [(200, typeof(SseClientInfo), "applied")],
            Codes = [ParameterInvalid, SubscriptionInvalid, StreamNotFound, LimitReached, OutcomeUnknown, .. s_place, .. s_json],
        },
        ["POST /v1/subscriptions"] = new("Creates a managed subscription, or changes its streams.")
        {
            Body = typeof(SseManagedSubscription),
            BodyRequired = true,
            BodyTypes = ["application/json"],
            Answers =
            [
                (200, typeof(SseManagedSubscriptionInfo), "it existed and has these streams"),
                (201, typeof(SseManagedSubscriptionInfo), "created"),
            ],
            Codes = [SubscriptionInvalid, StreamNotFound, SubscriptionInUse, .. s_json],
        },
        ["GET /v1/subscriptions/{id}"] =
            Asking("Describes a managed subscription.", typeof(SseManagedSubscriptionInfo), [SubscriptionNotFound]),
        ["DELETE /v1/subscriptions/{id}"] = Doing("Removes a managed subscription.", [SubscriptionNotFound]),
        ["GET /v1/subscriptions/{id}/events"] = Reading("Reads a managed subscription as an event stream.") with
        {
            Codes = [SubscriptionNotFound, .. s_reading],
        },
        ["GET /v1/cluster"] = Asking("Describes the nodes.", typeof(SseCluster), []),
    };

    private static readonly (string Singular, string Plural, string Name)[] s_twins =
        [("/v1/stream", "/v1/streams", "stream"), ("/v1/client", "/v1/clients", "client"), ("/v1/subscription", "/v1/subscriptions", "id")];

    /// <summary>What a method of a row does, with the name in the query where the row has it there.</summary>
    public static Operation Of(HubRoute route, string method)
    {
        var (path, name) = Twin(route.Pattern);
        var operation = s_all[$"{(method == "HEAD" ? "GET" : method)} {path}"];
        if (name is not null)
        {
            operation = operation with
            {
                Parameters = [new(name, typeof(string), PathMeaning(name), Required: true), .. operation.Parameters],
            };
        }
        if (path.Contains('{')) operation = operation with { Codes = [NameInvalid, .. operation.Codes] };
        return method is "GET" or "HEAD" ? operation : operation with { Codes = [CrossSite, .. operation.Codes] };
    }

    /// <summary>What a name in the path is.</summary>
    public static string PathMeaning(string name) => name switch
    {
        "stream" => "the name of the stream",
        "zone" => "the name of the zone",
        "client" => "the id of the client",
        "id" => "the id of the managed subscription",
        _ => "",
    };

    private static (string Path, string? Name) Twin(string pattern)
    {
        foreach (var (singular, plural, name) in s_twins)
        {
            if (pattern == singular || pattern.StartsWith(singular + "/", StringComparison.Ordinal))
                return ($"{plural}/{{{name}}}{pattern[singular.Length..]}", name);
        }
        return (pattern, null);
    }

    private static OperationParameter Text(string name, string meaning) => new(name, typeof(string), meaning);

    private static OperationParameter Flag(string name, string meaning) => new(name, typeof(bool), meaning);

    private static Operation Asking(string summary, Type shape, string[] codes) =>
        new(summary) { Answers = [(200, shape, "")], Codes = codes };

    private static Operation Doing(string summary, string[] codes) => new(summary) { Answers = [(204, null, "done")], Codes = codes };

    private static Operation Reading(string summary) => new(summary)
    {
        Parameters = s_reader,
        Answers = [(200, typeof(string), "reading; to a browser also a refusal for a while, as hub.end"), (204, null, "do not come again")],
        AnswerType = EventStream.MediaType,
        Codes = s_reading,
    };

    private static Operation Publishing(string summary, OperationParameter[] parameters, string[] codes) => new(summary)
    {
        Parameters = parameters,
        Body = typeof(Stream),
        BodyTypes = ["*/*"],
        Answers = [(202, typeof(SsePublished), "accepted")],
        Codes = [.. s_sending, .. codes],
    };

    private static Operation Sending(string summary, OperationParameter[] parameters) =>
        Publishing(summary, parameters, [ClientFull, LimitReached, .. s_place]) with
        {
            Answers = [(202, typeof(SseSent), "in the client's inbox")],
        };
}
