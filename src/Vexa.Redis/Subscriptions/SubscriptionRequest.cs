namespace Vexa.Redis;

/// <summary>A SUBSCRIBE or UNSUBSCRIBE of one channel on its way.</summary>
internal sealed class SubscriptionRequest(SubscriptionTable table, string channel, bool subscribe)
    : Request(RedisCommand.Internal(subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", channel).Wire)
{
    public bool IsConfirmedBy(RespValue push) =>
        push[0].AsString() == (subscribe ? "subscribe" : "unsubscribe") && push[1].AsStringOrNull() == channel;

    public void Confirm()
    {
        if (subscribe)
            table.Confirm(channel);
    }

    /// <summary>An ordinary reply to these can only be an error.</summary>
    public override void Answer(RespValue reply)
    {
        if (!reply.IsError)
            throw new RespProtocolException("an ordinary reply to a subscription");
        if (subscribe)
            table.Refuse(channel, RedisReplyException.From(reply));
    }

    /// <summary>Nothing to do: the next connection subscribes to everything that is wanted.</summary>
    public override void Lose(Exception reason)
    {
    }
}
