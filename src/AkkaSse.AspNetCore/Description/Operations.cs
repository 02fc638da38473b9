using Microsoft.AspNetCore.Mvc.ModelBinding;
using static AkkaSse.AspNetCore.HubErrorCodes;

namespace AkkaSse.AspNetCore;

/// <summary>What the methods of the HTTP API do. A path with its name in the query does what its twin does.</summary>
internal static class Operations
{
    private static readonly OperationParameter s_header = new("Last-Event-ID", typeof(string)) { Source = BindingSource.Header };
    private static readonly OperationParameter s_key = new("Idempotency-Key", typeof(string)) { Source = BindingSource.Header };
    private static readonly OperationParameter[] s_inbox = [Text("type"), Text("id"), Text("comment"), Text("retry"), Flag("base64")];
    private static readonly OperationParameter[] s_event = [.. s_inbox, Text("ttl"), Text("conflate"), s_key];
    private static readonly OperationParameter[] s_page = [Text("after"), new("limit", typeof(int))];

    private static readonly OperationParameter[] s_reader =
    [
        Text("since"), Text("last_event_id"), Text("lastEventId"), new("type", typeof(string[])), Text("instance"), Flag("control"),
        Text("ping"), Flag("browser"), Flag("trace"), s_header,
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
            Parameters = [new("stream", typeof(string[])), new("zone", typeof(string[])), Text("client"), Flag("broadcast"), .. s_reader],
            Codes = [NameInvalid, ClientIdForbidden, ClientInUse, .. s_reading],
        },
        ["POST /v1/streams/{stream}/events"] = Publishing("Publishes an event to a stream.", s_event, [StreamNotFound, .. s_keys]),
        ["POST /v1/zones/{zone}/events"] = Publishing("Publishes an event to everybody in a zone.", s_event, s_keys),
        ["POST /v1/broadcast"] = Publishing("Publishes an event to everybody.", s_event, s_keys),
        ["POST /v1/clients/{client}/events"] = Sending("Sends an event to one client, wherever it is.", [Text("zone"), .. s_inbox]),
        ["POST /v1/zones/{zone}/clients/{client}/events"] = Sending("Sends an event to one client of a zone.", s_inbox),
        ["POST /v1/publish"] = Publishing(
            "Publishes to the one target in the query: stream, zone, client (with or without zone), or broadcast=1.",
            [Text("stream"), Text("zone"), Text("client"), Flag("broadcast"), .. s_event],
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
            Parameters = [Text("prefix"), .. s_page],
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
            Asking("Reads retained events.", typeof(SseHistory), [ParameterInvalid, StreamNotFound]) with { Parameters = s_page },
        ["DELETE /v1/streams/{stream}/history"] = Doing("Clears what a stream retains; offsets go on.", [StreamNotFound]),
        ["GET /v1/clients"] = Asking("Lists who is connected in the cluster.", typeof(SseClientList), [NameInvalid, ParameterInvalid]) with
        {
            Parameters = [Text("prefix"), Text("stream"), Text("zone"), .. s_page],
        },
        ["GET /v1/clients/{client}"] = Asking("Describes a connected client.", typeof(SseClientInfo), s_client) with
        {
            Parameters = [Text("zone")],
        },
        ["DELETE /v1/clients/{client}"] = Doing("Ends a client's connection.", s_client) with
        {
            Parameters = [Text("zone"), Flag("reconnect")],
        },
        ["PATCH /v1/clients/{client}/subscriptions"] = new("Changes the streams of a live connection of /v1/events.")
        {
            Parameters = [Text("zone")],
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
            operation = operation with { Parameters = [new(name, typeof(string), Required: true), .. operation.Parameters] };
        if (path.Contains('{')) operation = operation with { Codes = [NameInvalid, .. operation.Codes] };
        return method is "GET" or "HEAD" ? operation : operation with { Codes = [CrossSite, .. operation.Codes] };
    }

    private static (string Path, string? Name) Twin(string pattern)
    {
        foreach (var (singular, plural, name) in s_twins)
        {
            if (pattern == singular || pattern.StartsWith(singular + "/", StringComparison.Ordinal))
                return ($"{plural}/{{{name}}}{pattern[singular.Length..]}", name);
        }
        return (pattern, null);
    }

    private static OperationParameter Text(string name) => new(name, typeof(string));

    private static OperationParameter Flag(string name) => new(name, typeof(bool));

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
