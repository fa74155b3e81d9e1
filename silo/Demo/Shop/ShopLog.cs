namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>What the shop's services log: sample data, so the numbers of its events are its own.</summary>
internal static partial class ShopLog
{
    [LoggerMessage(1, LogLevel.Information, "{Method} {Route} answered {Status} in {ElapsedMs} ms")]
    public static partial void RequestAnswered(this ILogger logger, string method, string route, int status, double elapsedMs);

    [LoggerMessage(2, LogLevel.Debug, "Cart {CartId} holds {Items} items")]
    public static partial void CartRead(this ILogger logger, string cartId, int items);

    [LoggerMessage(3, LogLevel.Information, "Order {OrderId} of {AmountCents} cents was placed")]
    public static partial void OrderPlaced(this ILogger logger, string orderId, long amountCents);

    [LoggerMessage(4, LogLevel.Error, "Order {OrderId} failed")]
    public static partial void OrderFailed(this ILogger logger, Exception exception, string orderId);

    [LoggerMessage(5, LogLevel.Warning, "The card provider answered slowly: {ElapsedMs} ms (attempt {Attempt})")]
    public static partial void ProviderSlow(this ILogger logger, double elapsedMs, int attempt);

    [LoggerMessage(6, LogLevel.Information, "Settled {Payments} payments")]
    public static partial void Settled(this ILogger logger, int payments);
}
