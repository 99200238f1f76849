"""Slips that several tests print."""

from edge_node.peripherals.documents import PickLine, PickSlip, ReceiptLine, ReceiptSlip, Row, TaxRow

RECEIPT = ReceiptSlip(
    store="Tillway Mitte",
    address=("Rosenthaler Straße 40, 10178 Berlin", "USt-IdNr. DE 123 456 789"),
    code="S0412-0007-000123",
    printed_at="21 Nov 2026 14:32",
    register="7",
    cashier="Anna",
    lines=(
        ReceiptLine("Organic bananas", "2.38", "A", "0.952 kg x 2.50/kg"),
        ReceiptLine("Crème fraîche 30 %", "3.98", "A", "2 x 1.99"),
        ReceiptLine(
            "Wireless noise-cancelling headphones, black, 30 h",
            "149.00",
            "B",
            discounts=(Row("Autumn offer", "-20.00"),),
        ),
        ReceiptLine("Carrier bag", "0.15", "B"),
    ),
    subtotals=(Row("Subtotal, 5 articles", "155.51"), Row("Discounts", "-20.00")),
    total=Row("TOTAL", "EUR 135.51"),
    tenders=(Row("Visa ****1234, auth 083921", "100.00"), Row("Cash €", "40.00")),
    change=Row("Change", "4.49"),
    taxes=(TaxRow("A", "7 %", "5.94", "0.42", "6.36"), TaxRow("B", "19 %", "108.53", "20.62", "129.15")),
    saved="You saved EUR 20.00",
    link="https://r.tillway.example/S0412-0007-000123",
    footer=("Thank you for shopping with us.", "Returns within 30 days with this receipt."),
)

PICK_LIST = PickSlip(
    order_code="W-20417",
    service="PICKUP",
    pick_by="14:30",
    task_code="S0412-P-000877",
    store="Tillway Mitte",
    customer="J. Okonkwo",
    destination="Pickup shelf",
    printed_at="21 Nov 13:58",
    gift=True,
    lines=(
        PickLine(1, "Single malt whisky 12 years 0.7 l", "SPI-0815", "5010019640161", notes=("Age 18+", "Fragile")),
        PickLine(3, "Crème fraîche 30 % 200 g", "DAI-0031", "4008400404127", "C-2-10"),
        PickLine(1, "Wireless noise-cancelling headphones, black, 30 h", "HP-4711-BK", "4006381333931", "A-12-3"),
        PickLine(950, "Organic bananas", "FRU-0001", "2012340000000", "C-2-2", unit="g"),
    ),
)
