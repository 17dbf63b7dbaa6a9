import Foundation
import FoundationXML

/// What a picture holds, read by a real XML parser.
final class SVGReader: NSObject, XMLParserDelegate {
    private(set) var isWellFormed = false
    private(set) var error = ""
    /// Names, in order.
    private(set) var elements: [String] = []
    /// The root's.
    private(set) var attributes: [String: String] = [:]
    /// What stands in each `text` element.
    private(set) var texts: [String] = []
    private var isInText = false

    init(contentsOf path: String) throws {
        super.init()
        let parser = XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: path)))
        parser.delegate = self
        isWellFormed = parser.parse()
        error = parser.parserError.map { "\($0)" } ?? ""
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if elements.isEmpty { self.attributes = attributes }
        elements.append(element)
        isInText = element == "text"
        if isInText { texts.append("") }
    }

    func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?
    ) { isInText = false }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if isInText { texts[texts.count - 1] += string }
    }
}
