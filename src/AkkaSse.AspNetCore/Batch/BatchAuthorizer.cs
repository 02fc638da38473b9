using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Asks the authorizer for the target of every item, as a single publish would; neighbours with the same target are one question.
/// </summary>
internal sealed class BatchAuthorizer(HttpContext context, EdgeContext edge)
{
    private bool _asked, _isUnderWay;
    private string? _stream, _client, _zone;
    private bool _broadcast;
    private HubFault? _answer;

    /// <summary>More of the body was waited for: what was answered may hold no more.</summary>
    public void Waited() => (_asked, _isUnderWay) = (false, true);

    public async ValueTask<HubFault?> CheckAsync(BatchEntry item)
    {
        if (_asked && item.Stream == _stream && item.Client == _client && item.Zone == _zone && item.Broadcast == _broadcast)
            return _answer;
        var question = AccessRules.Ask(context, HubAction.Publish) with
        {
            Stream = item.Stream,
            Client = item.Client,
            Zone = item.Zone,
            Broadcast = item.Broadcast,
            IsUnderWay = _isUnderWay,
        };
        _answer = await AccessRules.CheckAsync(edge, question).ConfigureAwait(false);
        (_asked, _stream, _client, _zone, _broadcast) = (true, item.Stream, item.Client, item.Zone, item.Broadcast);
        return _answer;
    }
}
