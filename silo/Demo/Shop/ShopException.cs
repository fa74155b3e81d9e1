namespace OtelOrleans.Silo.Demo.Shop;

/// <summary>What goes wrong in the shop on purpose.</summary>
internal sealed class ShopException(string message) : Exception(message);
