using System.Text.Json;

namespace AkkaSse.Client;

/// <summary>One object of the hub's answer: of a batch's item, or the problem that answers a whole request.</summary>
internal struct ItemAnswer
{
    public int Status;
    public string? Code;
    public string? Detail;
    public string? Id;
    public long Offset;
    public string? Epoch;
    public int LocalReaders;
    public bool Duplicate;
    public string? Zone;

    /// <summary>The answers of a batch: an array, or an object with an array in it, of one object per item in order.</summary>
    /// <returns>False when it is not such, or has another number of items.</returns>
    public static bool TryReadBatch(ReadOnlySpan<byte> body, Span<ItemAnswer> answers)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            while (json.Read() && json.TokenType != JsonTokenType.StartArray)
            {
                if (json.TokenType == JsonTokenType.StartObject && json.CurrentDepth > 0)
                {
                    json.Skip();
                }
            }

            var count = 0;
            string? epoch = null;
            while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                if (count == answers.Length)
                {
                    return false;
                }

                answers[count] = Read(ref json, epoch);
                epoch = answers[count++].Epoch;
            }

            return count == answers.Length && json.TokenType == JsonTokenType.EndArray;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The problem (RFC 9457) that answers a request.</summary>
    public static ItemAnswer ReadProblem(int status, ReadOnlySpan<byte> body)
    {
        var answer = default(ItemAnswer);
        try
        {
            var json = new Utf8JsonReader(body);
            if (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                answer = Read(ref json, null);
            }
        }
        catch (JsonException)
        {
            // A proxy's page; the status says enough.
        }

        answer.Status = status;
        return answer;
    }

    private static ItemAnswer Read(ref Utf8JsonReader json, string? lastEpoch)
    {
        var answer = default(ItemAnswer);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("status"u8))
            {
                answer.Status = (int)Number(ref json);
            }
            else if (json.ValueTextEquals("offset"u8))
            {
                answer.Offset = Number(ref json);
            }
            else if (json.ValueTextEquals("localReaders"u8))
            {
                answer.LocalReaders = (int)Number(ref json);
            }
            else if (json.ValueTextEquals("duplicate"u8))
            {
                json.Read();
                answer.Duplicate = json.TokenType == JsonTokenType.True;
            }
            else if (json.ValueTextEquals("epoch"u8))
            {
                // The same for every item of a stream, as a rule.
                json.Read();
                answer.Epoch = lastEpoch is not null && json.TokenType == JsonTokenType.String && json.ValueTextEquals(lastEpoch)
                    ? lastEpoch
                    : Text(ref json);
            }
            else if (json.ValueTextEquals("id"u8))
            {
                json.Read();
                answer.Id = Text(ref json);
            }
            else if (json.ValueTextEquals("zone"u8))
            {
                json.Read();
                answer.Zone = Text(ref json);
            }
            else if (json.ValueTextEquals("code"u8))
            {
                json.Read();
                answer.Code = Text(ref json);
            }
            else if (json.ValueTextEquals("detail"u8))
            {
                json.Read();
                answer.Detail = Text(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return answer;
    }

    private static long Number(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var n))
        {
            return n;
        }

        json.Skip();
        return 0;
    }

    private static string? Text(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetString();
        }

        json.Skip();
        return null;
    }
}
