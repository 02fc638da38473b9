using System.Buffers;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>Writes <c>{"items":[…],"accepted":n,"rejected":m}</c> as the items are answered.</summary>
/// <remarks>
/// Nothing is flushed before the body has been read: a sender that writes its whole body before it reads would block on its own answer. That bounds what is held
/// to 10 000 answers of some hundred bytes.
/// </remarks>
internal sealed class BatchAnswers(IBufferWriter<byte> output)
{
    // The fixed parts of one answer and its numbers (20 digits each at most), rounded up.
    private const int FixedBytes = 256;

    private int _accepted, _rejected;

    public void Begin() => output.Write("{\"items\":["u8);

    public void Write(in PublishResult result)
    {
        var json = new JsonText(output.GetSpan(FixedBytes + JsonText.MaxBytes(result.Id) + JsonText.MaxBytes(result.Position.Epoch)));
        Separate(ref json);
        json.Raw("{\"status\":202,\"id\":"u8);
        json.String(result.Id);
        json.Raw(",\"offset\":"u8);
        json.Number(result.Position.Offset);
        json.Raw(",\"epoch\":"u8);
        json.String(result.Position.Epoch);
        json.Raw(result.Duplicate ? ",\"duplicate\":true}"u8 : "}"u8);
        output.Advance(json.Written.Length);
        _accepted++;
    }

    public void Write(in SendResult result)
    {
        var json = new JsonText(output.GetSpan(FixedBytes + JsonText.MaxBytes(result.Client) + JsonText.MaxBytes(result.Zone)));
        Separate(ref json);
        json.Raw("{\"status\":202,\"client\":"u8);
        json.String(result.Client);
        json.Raw(",\"zone\":"u8);
        json.String(result.Zone);
        json.Raw("}"u8);
        output.Advance(json.Written.Length);
        _accepted++;
    }

    public void Write(HubFault fault, BatchPosition? at = null)
    {
        var json = new JsonText(output.GetSpan(FixedBytes + JsonText.MaxBytes(fault.Code) + JsonText.MaxBytes(fault.Message)));
        Separate(ref json);
        json.Raw("{\"status\":"u8);
        json.Number(fault.Status);
        json.Raw(",\"code\":"u8);
        json.String(fault.Code);
        json.Raw(",\"detail\":"u8);
        json.String(fault.Message);
        if (at is { } position)
        {
            json.Raw(",\"line\":"u8);
            json.Number(position.Line);
            json.Raw(",\"byte\":"u8);
            json.Number(position.Byte);
        }
        json.Raw("}"u8);
        output.Advance(json.Written.Length);
        _rejected++;
    }

    public void End()
    {
        var json = new JsonText(output.GetSpan(FixedBytes));
        json.Raw("],\"accepted\":"u8);
        json.Number(_accepted);
        json.Raw(",\"rejected\":"u8);
        json.Number(_rejected);
        json.Raw("}"u8);
        output.Advance(json.Written.Length);
    }

    private void Separate(ref JsonText json)
    {
        if (_accepted + _rejected > 0) json.Raw(","u8);
    }
}
