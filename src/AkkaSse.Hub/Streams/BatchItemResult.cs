namespace AkkaSse.Hub;

/// <summary>The answer to one item: a publish result, or a send result for an item with a client.</summary>
public readonly record struct BatchItemResult(PublishResult? Publish, SendResult? Send)
{
    /// <summary>True when the item was accepted.</summary>
    public bool IsAccepted => Publish?.IsAccepted ?? Send?.IsAccepted ?? false;
}
